import { type Any, changedStatements, emptied, replaced } from "./seams";

const load = undefined as unknown as NodeJS.Require;

test("a bug takes the place of what a file exports, and fails loudly when that has gone", () => {
  const exports: Record<string, Any> = { answer: () => 42 };
  replaced("any.js", "answer", (original) => () => original() + 1).plant(exports, load);
  expect(exports.answer()).toBe(43);
  expect(() => replaced("any.js", "question", () => undefined).plant(exports, load)).toThrow(
    "any.js exports no question any more: the planted bug has lost its place",
  );
});

test("a bug is reached when what it has replaced is used, not before", () => {
  let reached = 0;
  const exports: Record<string, Any> = { write: () => "written" };
  emptied("any.js", "write", () => reached++).plant(exports, load);
  expect(reached).toBe(0);
  expect(exports.write()).not.toBe("written");
  expect(reached).toBe(1);
});

test("of all statements the named one is changed, and reached when it is sent", () => {
  let reached = 0;
  const exports: Record<string, Any> = { sql: (name: string, text: string) => ({ name, text }) };
  changedStatements(["move"], " and version = 1", "", () => reached++).plant(exports, load);
  expect(exports.sql("other", "select 1 and version = 1")).toEqual({
    name: "other",
    text: "select 1 and version = 1",
  });
  const changed = exports.sql("move", "update x where id = 1 and version = 1");
  expect(reached).toBe(0);
  expect(changed.text).toBe("update x where id = 1");
  expect(reached).toBe(1);
  expect(() => exports.sql("move", "update x")).toThrow('move has no " and version = 1" any more');
});
