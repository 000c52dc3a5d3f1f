import { build, decodeCursor, encodeCursor, fitting, jsonOf, pageOfRows, queries } from "./paging";

test("a cursor gives back what was put into it", () => {
  expect(decodeCursor(encodeCursor(["INV", 7]))).toEqual(["INV", 7]);
});

test.each([
  ["no JSON", Buffer.from("nonsense").toString("base64url")],
  ["no list", Buffer.from('{"length":1}').toString("base64url")],
  ["a NUL, which Postgres has no text for", encodeCursor(["a\u0000b"])],
])("a cursor with %s inside is not ours", (_what, cursor) => {
  expect(decodeCursor(cursor)).toBeUndefined();
});

test("a list's statement has one name for all values, and another for other filters", () => {
  const list = (limit: number) => queries("orders").select("id").limit(limit);
  const [short, long, filtered] = [list(1), list(200), list(1).where("status", "PAID")].map(build);
  expect(short).toEqual({
    name: expect.stringMatching(/^list-[0-9a-f]{40}$/),
    text: 'select "id" from "orders" limit $1',
    values: [1],
  });
  expect(long).toEqual({ ...short, values: [200] });
  expect(filtered?.name).not.toBe(short?.name);
});

const row = (id: number, bytes: number) => ({ id, text: "x".repeat(bytes) });

test("rows that fit one message are all shown; of longer ones the first that fit, and at least one", () => {
  const short = [row(1, 10), row(2, 10)];
  expect(fitting(short)).toEqual(short);
  expect(fitting([row(1, 300_000), row(2, 200_000), row(3, 100_000)]).map(({ id }) => id)).toEqual([1, 2]);
  expect(fitting([row(1, 900_000), row(2, 1)]).map(({ id }) => id)).toEqual([1]);
  expect(fitting([])).toEqual([]);
});

test("characters count by their bytes", () => {
  const wide = (id: number) => ({ id, text: "€".repeat(100_000) });
  expect(fitting([wide(1), wide(2)])).toHaveLength(1);
});

test("a page that was cut goes on behind its last row; the last page has no next", () => {
  const rows = [row(1, 300_000), row(2, 300_000), row(3, 10)];
  const keyOf = ({ id }: { id: number }) => [id];
  expect(pageOfRows(rows, 50, keyOf)).toEqual({ data: [rows[0]], next: encodeCursor([1]) });
  expect(pageOfRows(rows.slice(1), 50, keyOf)).toEqual({ data: rows.slice(1), next: null });
  expect(pageOfRows(rows.slice(1), 1, keyOf).next).toBe(encodeCursor([2]));
});

test("a page's JSON is the page's, whether it was cut or not, and any other value's is its own", () => {
  const keyOf = ({ id }: { id: number }) => [id];
  for (const rows of [[], [row(1, 10), row(2, 10)], [row(1, 300_000), row(2, 300_000)], [row(1, 900_000)]]) {
    const page = pageOfRows(rows, 1, keyOf);
    expect(JSON.parse(jsonOf(page))).toEqual(page);
    expect(jsonOf({ ...page, next: "elsewhere" })).toBe(
      JSON.stringify({ data: page.data, next: "elsewhere" }),
    );
  }
  expect([jsonOf(null), jsonOf("a"), jsonOf([1])]).toEqual(["null", '"a"', "[1]"]);
});
