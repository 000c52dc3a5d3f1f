import { openLogger, setLogLevel } from "./logger";

test("a level that is set goes for the logger, for its children and for theirs", () => {
  const log = openLogger("orders", "one", "info");
  const child = log.child({ part: "relay" });
  const grandchild = child.child({ part: "lane" });
  const levels = () => [log.level, child.level, grandchild.level];
  expect(levels()).toEqual(["info", "info", "info"]);
  setLogLevel(log, "debug");
  expect(levels()).toEqual(["debug", "debug", "debug"]);
  setLogLevel(log, "info");
  expect(levels()).toEqual(["info", "info", "info"]);
});
