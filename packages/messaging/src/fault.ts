import { Fault } from "@quartermaster/contracts";

// https://www.postgresql.org/docs/current/errcodes-appendix.html: connection exceptions (08), insufficient resources
// (53), serialization failure and dead-lock (40), lock not available (55P03), cancelled or shut down (57).
const faultClasses = new Set(["08", "40", "53", "57"]);
// 25006: the server has become a read-only replica; the pool has to find its successor.
const faultCodes = new Set([
  "25006",
  "55P03",
  "25P03",
  "25P02",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
]);
const checkViolation = "23514";
const uniqueViolation = "23505";
// A query's own timeout is one too: pg gives the connection up, and what was sent over it may well be committed.
const brokenConnection =
  /connection (terminated|ended|timeout)|timeout exceeded when trying to connect|query read timeout|not queryable/i;

/** Whether an error is a fault, by its class, its Postgres error code, or what pg says of a broken connection. */
export function isFault(error: unknown): boolean {
  if (error instanceof Fault) return true;
  if (!(error instanceof Error)) return false;
  const { code, table } = error as Error & { code?: string; table?: string };
  // The next partition of inbox or outbox is not there yet; it is made within a minute.
  if (code === checkViolation && /^no partition of relation/.test(error.message)) return true;
  if (code === undefined) return brokenConnection.test(error.message);
  if (faultCodes.has(code) || faultClasses.has(code.slice(0, 2))) return true;
  // Two batches took the same new command id at once: the second one finds the stored reply when it tries again.
  return code === uniqueViolation && table !== undefined && /^(inbox|heard)/.test(table);
}
