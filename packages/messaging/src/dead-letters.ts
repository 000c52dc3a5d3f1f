import { newId } from "./ids";
import { type Reader, sql, type Tx } from "./sql";

/** A message that can never succeed, with the reason. */
export interface DeadLetter {
  kind: "command" | "event";
  subject: string;
  headers: Record<string, string>;
  body: string;
  reason: string;
}

const parkRow = sql(
  "dead-letters-park",
  `insert into dead_letters (id, kind, subject, headers, body, reason) values ($1, $2, $3, $4, $5, $6)`,
);

/** Parks a message. Returns the dead letter's id. */
export async function park(tx: Tx, letter: DeadLetter): Promise<string> {
  const id = newId();
  await tx.rows(parkRow, [
    id,
    letter.kind,
    letter.subject,
    JSON.stringify(letter.headers),
    letter.body,
    letter.reason.slice(0, 4_000),
  ]);
  return id;
}

const listRows = sql(
  "dead-letters-list",
  `select id, kind, subject, body, reason, parked_at as "parkedAt", requeued_at as "requeuedAt"
   from dead_letters order by id desc limit $1`,
);

/** The newest dead letters. */
export function listDeadLetters(db: Reader, limit: number): Promise<Record<string, unknown>[]> {
  return db.rows(listRows, [limit]);
}

/** A copy of a message's body without its secrets, for the eyes of operators. */
export function withoutSecrets(body: unknown, secrets: readonly string[]): unknown {
  if (secrets.length === 0 || typeof body !== "object" || body === null) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, secrets.includes(name) ? "[redacted]" : value]),
  );
}
