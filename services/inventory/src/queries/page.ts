import { type Reader, type Refused, refuse } from "@quartermaster/messaging";
import { build, decodeCursor, pageOfRows, type queries } from "@quartermaster/process";
import type { z } from "zod";

/**
 * One page of a list by keyset: the query is ordered by `columns`, and the cursor holds their values in the last row
 * that was shown. The page reads one row more than it shows, to know whether there is another.
 *
 * @param key the shape of the cursor, in the order of `columns`; another is refused as bad_request
 * @param keyOf the cursor of a row
 */
export async function pageOf<Row, Key extends readonly (string | number)[]>(
  db: Reader,
  query: ReturnType<typeof queries>,
  parts: {
    limit: number;
    after: string | undefined;
    columns: readonly string[];
    order: "asc" | "desc";
    key: z.ZodType<Key>;
    keyOf: (row: Row) => Key;
  },
): Promise<{ data: Row[]; next: string | null } | Refused<"bad_request">> {
  const { limit, after, columns, order } = parts;
  if (after !== undefined) {
    const key = parts.key.safeParse(decodeCursor(after));
    if (!key.success) return refuse("bad_request", { field: "after" });
    const marks = columns.map(() => "?").join(", ");
    query.whereRaw(`(${columns.join(", ")}) ${order === "asc" ? ">" : "<"} (${marks})`, [...key.data]);
  }
  query.orderByRaw(columns.map((column) => `${column} ${order}`).join(", ")).limit(limit + 1);
  return pageOfRows(await db.rows<Row>(build(query)), limit, parts.keyOf);
}
