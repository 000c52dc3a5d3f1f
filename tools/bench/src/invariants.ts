import { Client } from "pg";

/** How far the rows had come when they were last checked; a column each. */
export type Mark = Readonly<Record<string, string | number>>;

/** A query that answers with one row per thing that is wrong behind a mark, and the sentence that says what it means. */
export interface Check {
  readonly says: string;
  readonly sql: (since: Mark) => string;
}

export interface CheckedRows {
  /** To the database, as superuser. */
  readonly url: string;
  readonly checks: readonly Check[];
  /** The mark before any order. */
  readonly start: Mark;
  /** One row: the mark as it is now. */
  readonly markSql: string;
}

export interface RowChecks {
  /** Checks what has come since the last time: a sentence for each check that finds something. */
  ofNewRows(): Promise<string[]>;
  /** The same over everything. */
  ofAllRows(): Promise<string[]>;
}

/**
 * Checks in steps, so that the time a check takes does not grow with the tables. Each step begins where the one before it
 * ended: checks and mark see one snapshot, so that no row falls between two steps.
 */
export function rowChecks({ url, checks, start, markSql }: CheckedRows): RowChecks {
  let mark = start;
  const broken = (since: Mark) =>
    withClient(url, async (client) => {
      await client.query("begin isolation level repeatable read read only");
      // The tables have grown too fast for their statistics, which would have millions of rows looked up one by one.
      await client.query("set local enable_nestloop = off");
      await client.query("set local work_mem = '128MB'");
      const sentences = await failing(client, checks, since);
      const { rows } = await client.query(markSql);
      await client.query("commit");
      mark = rows[0];
      return sentences;
    });
  return { ofNewRows: () => broken(mark), ofAllRows: () => broken(start) };
}

/** The rows are worked out before the limit, or the planner would look for the first ones, and there are none. */
async function failing(client: Client, checks: readonly Check[], since: Mark): Promise<string[]> {
  const sentences: string[] = [];
  for (const { says, sql } of checks) {
    const { rows } = await client.query(
      `with wrong as materialized (${sql(since)}) select * from wrong limit 3`,
    );
    if (rows.length > 0) sentences.push(`${says}: ${JSON.stringify(rows)}`);
  }
  return sentences;
}

/** The orders that a table holds; the condition is SQL. */
export function countOrders(url: string, table: string, condition = "true"): Promise<number> {
  return withClient(url, async (client) => {
    const { rows } = await client.query(`select count(*)::int as orders from ${table} where ${condition}`);
    return rows[0].orders;
  });
}

export async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
