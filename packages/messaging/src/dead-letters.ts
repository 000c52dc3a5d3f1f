import type { ServiceName } from "@quartermaster/contracts";
import type { NatsConnection } from "nats";
import { type Reader, sql, type Tx } from "./sql";

/** A message that can never succeed, with the reason. */
export interface DeadLetter {
  /** The command's id, or a derived one for an event: parking the same message again counts, and adds no row. */
  id: string;
  kind: "command" | "event";
  subject: string;
  headers: Record<string, string>;
  body: string;
  reason: string;
}

const parkRow = sql(
  "dead-letters-park",
  `insert into dead_letters as letter (id, kind, subject, headers, body, reason) values ($1, $2, $3, $4, $5, $6)
   on conflict (id) do update set times = letter.times + 1, reason = excluded.reason, parked_at = now()`,
);

/** Parks a message. */
export function park(tx: Tx, letter: DeadLetter): void {
  tx.write(parkRow, [
    letter.id,
    letter.kind,
    letter.subject,
    JSON.stringify(letter.headers),
    letter.body,
    letter.reason.slice(0, 4_000),
  ]);
}

const listRows = sql(
  "dead-letters-list",
  `select id, kind, subject, left(body, 2000) as body, left(reason, 1000) as reason, times, parked_at as "parkedAt",
     requeued_at as "requeuedAt"
   from dead_letters order by parked_at desc limit $1`,
);

/** The newest dead letters, their bodies cut to what fits into one answer. */
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

/** Tells of a parked message on `dlq.<service>`, for whoever watches; the table is the truth. */
export function publishLetter(nats: NatsConnection, service: ServiceName, letter: DeadLetter): void {
  if (nats.isClosed()) return;
  const { id, kind, subject, reason } = letter;
  nats.publish(`dlq.${service}`, JSON.stringify({ id, kind, subject, reason: reason.slice(0, 1_000) }));
}
