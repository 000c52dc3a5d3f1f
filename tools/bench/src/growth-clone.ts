import type { Client } from "pg";

/** A text of the original and what stands in its place in the copy; SQL over `t` (the original) and `k` (the copy). */
export type Replacement = readonly [from: string, to: string];

/**
 * Copies of what the platform wrote itself, made in bulk: of each original, so many. `t.n` counts the originals from 0, `k.s`
 * the copies from 0, original by original, so that ids, numbers and positions rise together as they do in a real history.
 */
export interface Copying {
  /** A temporary table with a row `t` per original and its number `n`. */
  readonly originals: string;
  readonly copiesOfEach: number;
  /** SQL of the columns of `k` beside `s`, from `t` and `s`. */
  readonly keys: Readonly<Record<string, string>>;
  readonly replacements: readonly Replacement[];
  /** SQL of a uuid `column` in the copy. */
  readonly uuid: (column: string) => string;
}

export interface CopiedTable {
  readonly table: string;
  /** A table `e` that leads from the original `t` to its rows, and how; SQL. */
  readonly through?: string;
  /** Which rows `r` belong to the original `t`, or to `e`; SQL. */
  readonly of: string;
  /** What is not copied by the rules: SQL by column. */
  readonly columns?: Readonly<Record<string, string>>;
}

/** Half-open: originals from `from` to before `to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Inserts the copies of one table's rows. Texts are replaced, uuids mapped, everything else stays as it was. */
export async function copyRows(
  client: Client,
  copying: Copying,
  copied: CopiedTable,
  range: Range,
): Promise<void> {
  const columns = await columnsOf(client, copied.table);
  const names = columns.map(({ name }) => `"${name}"`).join(", ");
  await client.query(
    `insert into ${copied.table} (${names}) overriding system value ${await selectCopies(client, copying, copied, range)}`,
  );
}

/** The rows that copyRows would insert, as a query with the same columns. */
export async function selectCopies(
  client: Client,
  copying: Copying,
  { table, through, of, columns: own = {} }: CopiedTable,
  { from, to }: Range,
): Promise<string> {
  const { originals, copiesOfEach, keys, uuid } = copying;
  const columns = await columnsOf(client, table);
  const values = columns.map(({ name, type }) => {
    const column = `r."${name}"`;
    if (own[name] !== undefined) return `${own[name]} as "${name}"`;
    if (type === "text") return `${replacedText(copying, column)} as "${name}"`;
    return type === "uuid" ? `${uuid(column)} as "${name}"` : column;
  });
  const keyColumns = Object.entries(keys).map(([name, expression]) => `${expression} as ${name}`);
  return `select ${values.join(", ")}
    from ${originals} t
      cross join generate_series(0, ${copiesOfEach - 1}) c
      cross join lateral (select t.n::bigint * ${copiesOfEach} + c as s) i
      cross join lateral (select s, ${keyColumns.join(", ")} offset 0) k
      ${through ? `join ${through}` : ""}
      join ${table} r on ${of}
    where t.n >= ${from} and t.n < ${to} order by k.s`;
}

/** A text column of `r` as it is in the copy; SQL. */
export function replacedText({ replacements }: Copying, column: string): string {
  return replacements.reduce((inner, [from, to]) => `replace(${inner}, ${from}, ${to})`, column);
}

interface Column {
  readonly name: string;
  /** Of a domain, the type it is made of. */
  readonly type: string;
}

const known = new Map<string, readonly Column[]>();

/** Those that can be written. */
async function columnsOf(client: Client, table: string): Promise<readonly Column[]> {
  const found = known.get(table);
  if (found) return found;
  const { rows } = await client.query<Column>(
    `select a.attname as name, (case t.typtype when 'd' then t.typbasetype else t.oid end)::regtype::text as type
     from pg_attribute a join pg_type t on t.oid = a.atttypid
     where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum`,
    [table],
  );
  known.set(table, rows);
  return rows;
}
