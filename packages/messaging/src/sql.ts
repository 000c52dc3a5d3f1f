import type { Pool, PoolClient } from "pg";

/** SQL with $1-style parameters. A name makes it a prepared statement of the connection: planned once, then reused. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** Runs statements and returns their rows. Over a pool each call stands alone; a {@link Tx} is one transaction. */
export interface Reader {
  rows<Row>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>;
}

/** The transaction of a batch. Store functions take it first; nobody but messaging begins or commits one. */
export interface Tx extends Reader {
  /** Runs once the transaction is committed, never after a rollback. */
  afterCommit(run: () => void): void;
}

/** A named statement for a hot path. Names are unique within a service. */
export function sql(name: string, text: string): Statement {
  return { name, text };
}

/** A statement as `pg` takes it. */
export function toQuery(statement: Statement, values: readonly unknown[] | undefined) {
  const bound = values ?? statement.values;
  return {
    ...(statement.name ? { name: statement.name } : {}),
    text: statement.text,
    values: bound as unknown[],
  };
}

/** Reads outside of any transaction. */
export function readerOf(pool: Pool): Reader {
  return {
    rows: async <Row>(statement: Statement, values?: readonly unknown[]) =>
      (await pool.query(toQuery(statement, values))).rows as Row[],
  };
}

/**
 * The one transaction: commits when `work` succeeds, rolls back when it throws. A connection that broke is dropped from
 * the pool. An error out of the commit itself leaves the outcome in doubt: callers look it up (the inbox) before they
 * repeat.
 */
export async function inTransaction<Result>(pool: Pool, work: (tx: Tx) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  const hooks: (() => void)[] = [];
  let result: Result;
  try {
    await client.query("begin");
    result = await work(txOn(client, hooks));
    await client.query("commit");
  } catch (error) {
    await rollBack(client, error);
    throw error;
  }
  client.release();
  for (const hook of hooks) hook();
  return result;
}

function txOn(client: PoolClient, hooks: (() => void)[]): Tx {
  return {
    rows: async <Row>(statement: Statement, values?: readonly unknown[]) =>
      (await client.query(toQuery(statement, values))).rows as Row[],
    afterCommit: (run) => hooks.push(run),
  };
}

async function rollBack(client: PoolClient, cause: unknown): Promise<void> {
  try {
    await client.query("rollback");
    client.release();
  } catch {
    client.release(cause instanceof Error ? cause : true);
  }
}
