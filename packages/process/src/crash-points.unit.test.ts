import type * as CrashPoints from "./crash-points";
import { crashPointNames } from "./crash-points";

type Points = typeof CrashPoints;

function withCrashAt(value: string | undefined, work: (points: Points) => void): unknown[] {
  const [before, kill] = [process.env.CRASH_AT, process.kill];
  const killed: unknown[] = [];
  process.kill = ((...how: unknown[]) => killed.push(how)) as never;
  if (value === undefined) delete process.env.CRASH_AT;
  else process.env.CRASH_AT = value;
  try {
    jest.isolateModules(() => work(require("./crash-points") as Points));
  } finally {
    process.kill = kill;
    if (before === undefined) delete process.env.CRASH_AT;
    else process.env.CRASH_AT = before;
  }
  return killed;
}

test("without CRASH_AT every point is one and the same function, and nothing is listed", () => {
  const killed = withCrashAt(undefined, ({ crashPoint, crashPointsWatched }) => {
    expect(crashPoint("a")).toBe(crashPoint("b"));
    expect(crashPointsWatched).toBe(false);
    crashPoint("a")();
  });
  expect([killed, crashPointNames()]).toEqual([[], []]);
});

test("an armed point kills the process at the hit that was asked for, and no other one does", () => {
  const write = jest.spyOn(require("node:fs"), "writeSync").mockImplementation(() => 0);
  const killed = withCrashAt("before the commit#2", ({ crashPoint, crashPointNames }) => {
    const [armed, other] = [crashPoint("before the commit"), crashPoint("after the commit")];
    expect(crashPointNames()).toEqual(["before the commit", "after the commit"]);
    other();
    armed();
    expect(write).not.toHaveBeenCalled();
    armed();
  });
  expect(killed).toEqual([[process.pid, "SIGKILL"]]);
  write.mockRestore();
});
