import { Pool, type PoolClient, type QueryConfig, type QueryResult, types } from "pg";
import type { Statement } from "./statements";

// Amounts and numbers stay far below 2^53 here, so plain numbers will do for bigint.
types.setTypeParser(types.builtins.INT8, Number);

export interface PoolSettings {
  readonly databaseUrl: string;
  readonly poolSize: number;
  /** Lets statements that do not need each other's results travel in one round trip; see {@link run}. */
  readonly pipeline: boolean;
}

export function openPool(settings: PoolSettings): Pool {
  const pool = new Pool({
    connectionString: settings.databaseUrl,
    max: settings.poolSize,
    pipeline: settings.pipeline,
    options:
      "-c search_path=monolith -c lock_timeout=10s -c statement_timeout=15s -c idle_in_transaction_session_timeout=15s",
  });
  // A connection lost while idle is replaced by the pool; without a listener it would end the process.
  pool.on("error", () => {});
  return pool;
}

export function prepared(statement: Statement, values: unknown[]): QueryConfig {
  return { name: statement.name, text: statement.text, values };
}

/**
 * Runs statements that do not need each other's results, in their order: each awaited before the next is sent, or, over
 * a connection that pipelines, all in one round trip.
 */
export async function run(client: PoolClient, statements: readonly (string | QueryConfig)[]) {
  if (client.pipeline) return allOf(statements.map((statement) => client.query(statement as QueryConfig)));
  const results: QueryResult[] = [];
  for (const statement of statements) results.push(await client.query(statement as QueryConfig));
  return results;
}

/** Waits for all, also after a failure, so that no answer is still on its way when the connection is given back. */
async function allOf<T>(sent: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(sent);
  return settled.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}
