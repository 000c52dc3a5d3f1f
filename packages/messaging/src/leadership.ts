import type { Pool } from "pg";
import { type Reader, readerOf, type Statement, sql } from "./sql";

/** Above every pause that a leader's session makes. */
const silentLeaderMs = 15_000;

const tryLock = sql(
  "lead",
  "select pg_try_advisory_lock(hashtext($1::text || '.' || current_schema())) as mine",
);
// A leader that is paused or cut off says nothing: the server ends its session, and another instance leads.
const endWhenSilent: Statement = {
  text: `select set_config('idle_session_timeout', '${silentLeaderMs}', false),
    set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '5', false),
    set_config('tcp_keepalives_count', '3', false)`,
};

/**
 * Runs `work` in the one instance of a service that leads in this role, by an advisory lock of a session of its own, which
 * `work` has to use at least every few seconds. Returns at once where another instance leads. A paused leader may wake up
 * after another one has taken over: what must not be done twice needs a fence of its own.
 */
export async function leading(
  pool: Pool,
  role: "relay" | "hearing",
  work: (session: Reader) => Promise<void>,
): Promise<void> {
  const client = await pool.connect();
  try {
    const session = readerOf(client);
    const [lock] = await session.rows<{ mine: boolean }>(tryLock, [role]);
    if (!lock?.mine) return;
    await session.rows(endWhenSilent);
    await work(session);
  } finally {
    // Closing the session gives the lock back, whatever state it is in.
    client.release(true);
  }
}
