import { Pool, TypeOverrides, types } from "pg";

// Counters and money are bigint columns within a double's exact integers (fields.ts bounds them), so numbers are safe.
const int8Oid = 20;
types.setTypeParser(int8Oid, (text) => {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new Error(`bigint ${text} is beyond the exact integers of a double`);
  return value;
});
// A date is a day, not a moment: kept as its text, since a Date would shift it by the time zone.
const dateOid = 1082;
types.setTypeParser(dateOid, (text) => text);

// A moment is the text that messages carry, ISO 8601 in UTC with milliseconds: by way of a Date it costs six times as much.
// Of the pools here only, since tools and tests that read with pg itself compare Dates.
const timestamptzOid = 1184;
const dateIn = types.getTypeParser(timestamptzOid) as (text: string) => Date;
const rowTypes = new TypeOverrides();
rowTypes.setTypeParser(timestamptzOid, (text: string) => isoOf(text) ?? dateIn(text).toISOString());

const inUtc = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{1,3})?\d*\+00$/;

/** Undefined where the session's time zone is another one, or the year has five digits. */
function isoOf(text: string): string | undefined {
  const parts = inUtc.exec(text);
  if (!parts) return undefined;
  const [, day, time, fraction = "."] = parts;
  return `${day}T${time}${fraction.padEnd(4, "0")}Z`;
}

/** Limits of a service's sessions, so that nothing waits for ever on a lock or holds one while idle. */
export const databaseLimits = {
  /** Above what the server allows a statement: a connection that does not even answer with its time-out is dead. */
  queryTimeoutMs: 40_000,
  keepAliveDelayMs: 10_000,
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 30_000,
  lockTimeoutMs: 10_000,
  /** Nothing in a transaction waits for anybody else, so one that is idle belongs to a paused process: it holds locks. */
  idleInTransactionTimeoutMs: 5_000,
};

/**
 * Prepared statements keep their plan. One that was planned while its table was nearly empty reads the whole of it, until
 * autovacuum has analyzed it some minutes later: 20 rows found by key then cost 4 ms instead of 0.2.
 */
// Before Postgres 18 a plan that has to scan all the same looks so dear that it would be compiled: hence no jit.
// One plan for all values: Postgres would plan `id = any($1)` anew each time, for 100 us, to find the same index again.
const onlyByKey =
  "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off -c plan_cache_mode=force_generic_plan";

/**
 * A transaction's first statements are sent behind its `begin` without waiting for it. Where that fails they must not be
 * committed one by one: outside of a `begin read write` such a session refuses to write (25006).
 */
const onlyInTransactions = "-c default_transaction_read_only=on";

/**
 * A pool of connections as the URL's role. `byKey`: for statements that find all their rows by key; `writes:
 * "in-transactions"`: nothing is written outside of a `begin read write`. A broken idle connection is dropped and reported,
 * not thrown.
 */
export function openPool(
  url: string,
  parts: {
    max: number;
    name: string;
    byKey?: boolean;
    writes?: "in-transactions" | "anywhere";
    onError: (error: Error) => void;
  },
): Pool {
  const options = [
    ...(parts.byKey ? [onlyByKey] : []),
    ...(parts.writes === "in-transactions" ? [onlyInTransactions] : []),
  ];
  const pool = new Pool({
    connectionString: url,
    types: rowTypes,
    max: parts.max,
    application_name: parts.name,
    ...(options.length > 0 ? { options: options.join(" ") } : {}),
    connectionTimeoutMillis: databaseLimits.connectTimeoutMs,
    statement_timeout: databaseLimits.statementTimeoutMs,
    lock_timeout: databaseLimits.lockTimeoutMs,
    idle_in_transaction_session_timeout: databaseLimits.idleInTransactionTimeoutMs,
    query_timeout: databaseLimits.queryTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: databaseLimits.keepAliveDelayMs,
    // Statements that do not wait for each other's result share a round trip.
    pipeline: true,
  });
  pool.on("error", parts.onError);
  // A connection that breaks while it is lent out says so too, beside failing the statement that runs on it: without a
  // listener of its own that would end the process. Whoever holds it learns of it from the statement.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}
