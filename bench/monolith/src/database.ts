import { Pool, type PoolClient, type QueryResult, types } from "pg";
import type { Statement } from "./statements";

// Amounts and numbers stay far below 2^53 here, so plain numbers will do for bigint.
types.setTypeParser(types.builtins.INT8, Number);

export interface PoolSettings {
  readonly databaseUrl: string;
  readonly poolSize: number;
  /** Statements that do not need each other's results travel in one round trip (pg's `pipeline` option). */
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

export function run(client: PoolClient, statement: Statement, values: unknown[]): Promise<QueryResult> {
  return client.query({ name: statement.name, text: statement.text, values });
}
