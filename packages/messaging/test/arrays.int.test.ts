import { openWorld, type World } from "@quartermaster/testkit";
import fc from "fast-check";
import { Pool } from "pg";
import { texts } from "../src/index";
import { inTransaction, readerOf } from "../src/sql";

let world: World;
let pool: Pool;

beforeAll(async () => {
  world = await openWorld("inventory");
  pool = new Pool({ connectionString: world.ownerUrl, max: 1 });
});
afterAll(async () => {
  await pool.end();
  await world.close();
});

// Postgres' text holds everything but the zero character and lone surrogates.
const loneSurrogate = /\p{Surrogate}/u;
const text = fc
  .string({ unit: "binary" })
  .map((one) => one.replaceAll("\0", ""))
  .filter((one) => !loneSurrogate.test(one));
const column = fc.array(
  fc.option(fc.oneof(text, fc.constantFrom("", "NULL", "null", '"', "\\", "{}", "a,b", " "))),
);

test("whatever stands in an array arrives in the database as it was, as a literal and in binary", async () => {
  const db = readerOf(pool);
  await fc.assert(
    fc.asyncProperty(column, async (values) => {
      const [row] = await db.rows({ text: "select $1::text[] as literal, $2::text[] as bytes" }, [
        values,
        texts(values),
      ]);
      expect(row).toEqual({ literal: values, bytes: values });
    }),
    { numRuns: 300 },
  );
});

test("numbers, flags, times and uuids arrive as their types, in a transaction too", async () => {
  const at = new Date("2026-01-02T03:04:05.678Z");
  const id = "01890000-0000-7000-8000-000000000001";
  const rows = await inTransaction(pool, (tx) =>
    tx.rows(
      {
        text: "select * from unnest($1::int[], $2::bool[], $3::timestamptz[], $4::uuid[], $5::float8[]) as t (n, b, at, id, f)",
      },
      [
        [1, -2],
        [true, null],
        [at, at.toISOString()],
        [id, null],
        [1.5, 1e21],
      ],
    ),
  );
  expect(rows).toEqual([
    { n: 1, b: true, at, id, f: 1.5 },
    { n: -2, b: null, at, id: null, f: 1e21 },
  ]);
});

test("bytes arrive as bytes, and what has no form in an array is refused", async () => {
  const db = readerOf(pool);
  const salt = Buffer.from([0, 255, 34, 92, 123]);
  const [row] = await db.rows<{ bytes: Buffer[] }>({ text: "select $1::bytea[] as bytes" }, [[salt, null]]);
  expect(row?.bytes).toEqual([salt, null]);
  await expect(db.rows({ text: "select $1::text[]" }, [[{ a: 1 }]])).rejects.toThrow(TypeError);
});
