import { type Knex, knex } from "knex";

/** A query builder without a connection: it writes the SQL of lists with optional filters, which then runs in a tx or reader. */
export const queries: Knex = knex({ client: "pg" });

/** The builder's query as text with $1-style parameters and its values. */
export function build(query: Knex.QueryBuilder | Knex.Raw): { text: string; values: unknown[] } {
  const native = query.toSQL().toNative();
  return { text: native.sql, values: [...native.bindings] };
}

/** An opaque cursor around the sort key of a page's last row. */
export function encodeCursor(values: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(values)).toString("base64url");
}

/** The sort key in a cursor, or undefined when it is not one of ours. */
export function decodeCursor(cursor: string): unknown[] | undefined {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(values) ? values : undefined;
  } catch {
    return undefined;
  }
}
