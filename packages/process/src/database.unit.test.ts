import { types } from "pg";
import { openPool } from "./database";

// It connects to nothing before it is asked for something.
const pool = openPool("postgres://nowhere", { max: 1, name: "test", onError: () => {} });
const read = (type: keyof typeof types.builtins, text: string): unknown =>
  pool.options.types?.getTypeParser(types.builtins[type], "text")(text);

test.each([
  ["2026-11-21 23:45:11.123456+00", "2026-11-21T23:45:11.123Z"],
  ["2026-11-21 23:45:11.999999+00", "2026-11-21T23:45:11.999Z"],
  ["2026-11-21 23:45:11.12+00", "2026-11-21T23:45:11.120Z"],
  ["2026-11-21 23:45:11+00", "2026-11-21T23:45:11.000Z"],
  ["0001-01-01 00:00:00+00", "0001-01-01T00:00:00.000Z"],
  ["2026-11-21 23:45:11.5-05", "2026-11-22T04:45:11.500Z"],
  ["2026-11-21 23:45:11.5+05:45", "2026-11-21T18:00:11.500Z"],
  ["12026-11-21 23:45:11+00", "+012026-11-21T23:45:11.000Z"],
])("the moment %s is read as %s", (text, moment) => {
  expect(read("TIMESTAMPTZ", text)).toBe(moment);
});

test("a day stays a day, and a bigint is a number as long as it is exact", () => {
  expect(read("DATE", "2026-11-21")).toBe("2026-11-21");
  expect(read("INT8", "9007199254740991")).toBe(Number.MAX_SAFE_INTEGER);
  expect(() => read("INT8", "9007199254740992")).toThrow("beyond the exact integers");
});
