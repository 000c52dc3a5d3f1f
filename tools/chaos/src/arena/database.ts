import { poll } from "@quartermaster/servers";
import { Pool } from "pg";

/** SQL behind everybody's back, as the superuser. Waits for a server that is being started again. */
export interface Database {
  sql<Row = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

const backWithinMs = 30_000;

export function openDatabase(url: string): Database {
  const pool = new Pool({ connectionString: url, max: 2 });
  pool.on("error", () => undefined);
  const sql = async <Row>(text: string, values: readonly unknown[] = []) => {
    let failure: unknown;
    const rows = await poll(
      async () => {
        try {
          // Of several statements, pg answers with a list of results, which has no rows of its own.
          return ((await pool.query(text, [...values])).rows ?? []) as Row[];
        } catch (error) {
          if (!isAway(error)) throw error;
          failure = error;
          return undefined;
        }
      },
      backWithinMs,
      100,
    );
    if (rows === undefined) throw failure;
    return rows;
  };
  return { sql, close: () => pool.end() };
}

/** A lost or refused connection, or a server that starts or stops (SQLSTATE class 57P). */
function isAway(error: unknown): boolean {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  return /^(57P|08|ECONN|EPIPE)/.test(code) || /terminated unexpectedly|Connection ended/.test(message);
}
