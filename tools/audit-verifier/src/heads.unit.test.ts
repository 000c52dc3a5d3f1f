import { readHeads } from "./heads";

const hash = "8cb4e0c7c74ebd803f88e75b1950b4ac48c8067a78aefb85146190a3db592c97";

test("kept heads are read, one per word", () => {
  expect(readHeads(`12:${hash}\n\n 40:${hash.toUpperCase()}\n`)).toEqual([
    { position: 12, hash },
    { position: 40, hash },
  ]);
  expect(readHeads("")).toEqual([]);
});

test("what is no head is not passed over", () => {
  expect(() => readHeads(`12:${hash.slice(1)}`)).toThrow("is no head");
  expect(() => readHeads("head")).toThrow('"head" is no head');
});
