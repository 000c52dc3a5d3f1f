import { hash } from "node:crypto";
import { type Knex, knex } from "knex";

/** A query builder without a connection: it writes the SQL of lists with optional filters, which then runs in a tx or reader. */
export const queries: Knex = knex({ client: "pg" });

/**
 * The builder's query as a prepared statement: text with $1-style parameters, its values, and a name that follows from the
 * text. Reading and planning the text costs Postgres as much as running it. A connection keeps one for each combination of
 * filters that it was asked for, so no value may stand in the text.
 */
export function build(query: Knex.QueryBuilder | Knex.Raw): {
  name: string;
  text: string;
  values: unknown[];
} {
  const { sql: text, bindings } = query.toSQL().toNative();
  return { name: `list-${hash("sha1", text, "hex")}`, text, values: [...bindings] };
}

/** An opaque cursor around the sort key of a page's last row. */
export function encodeCursor(values: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(values)).toString("base64url");
}

/**
 * The sort key in a cursor, or undefined when it is not one of ours. Who reads it checks the number and types of its
 * parts: a cursor is made by us and sent by anybody.
 */
export function decodeCursor(cursor: string): unknown[] | undefined {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(values) && !values.some(holdsNul) ? values : undefined;
  } catch {
    return undefined;
  }
}

/** Postgres has no text with a NUL in it. */
function holdsNul(value: unknown): boolean {
  return typeof value === "string" && value.includes("\u0000");
}

// NATS carries 1 MiB in a message. Half of it is left for the rest of the message and for a last long row.
const pageBytesMax = 512 * 1_024;

/** As many of the first rows as fit one message when they are serialised, at least one. */
export function fitting<Row>(rows: readonly Row[]): Row[] {
  let bytes = 0;
  const end = rows.findIndex((row, n) => {
    bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    return n > 0 && bytes > pageBytesMax;
  });
  return end < 0 ? [...rows] : rows.slice(0, end);
}

// A page is written to learn how long it is: whoever sends it need not write it again.
const written = new WeakMap<object, string>();

/** The value as JSON. That of a page is at hand. */
export function jsonOf(value: unknown): string {
  const known = typeof value === "object" && value !== null ? written.get(value) : undefined;
  return known ?? JSON.stringify(value);
}

/**
 * One page out of rows that were read one further than the page goes, to know whether another follows. It is shorter
 * than `limit` where its rows are too long for one message; `next` then goes on behind the last one shown. A page is not to be changed:
 * {@link jsonOf} would not know.
 *
 * @param keyOf the sort key of a row, for the cursor
 */
export function pageOfRows<Row>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => readonly unknown[],
): { data: Row[]; next: string | null } {
  const pageWith = (data: Row[]) => {
    const last = data.at(-1);
    return { data, next: last !== undefined && rows.length > data.length ? encodeCursor(keyOf(last)) : null };
  };
  const page = pageWith(rows.slice(0, limit));
  const json = JSON.stringify(page);
  if (Buffer.byteLength(json) > pageBytesMax) return pageWith(fitting(page.data));
  written.set(page, json);
  return page;
}
