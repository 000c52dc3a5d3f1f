import {
  type AnswerOf,
  type AskOf,
  Id,
  type ListDeadLetters,
  type ServiceName,
} from "@quartermaster/contracts";
import { build, decodeCursor, pageOfRows, queries } from "@quartermaster/process";
import type { NatsConnection } from "nats";
import { Declined } from "./ops-handler";
import { type Reader, sql, type Tx } from "./sql";
import { deadLetterSubject } from "./subjects";

/** A message that can never succeed, with the reason. */
export interface DeadLetter {
  /** The command's id, or a new one for an event: parking the same message again counts, and adds no row. */
  id: string;
  kind: "command" | "event";
  subject: string;
  headers: Record<string, string>;
  body: string;
  reason: string;
}

const reasonMax = 4_000;

// One that was decided about comes again because its sender did not give up: it waits for another decision.
const parkRow = sql(
  "dead-letters-park",
  `insert into dead_letters as letter (id, kind, subject, headers, body, reason) values ($1, $2, $3, $4, $5, $6)
   on conflict (id) do update set times = letter.times + 1, reason = excluded.reason, parked_at = now(),
     state = 'open', decided_at = null, decided_by = null, decision = null`,
);

/** Parks a message. */
export function park(tx: Tx, letter: DeadLetter): void {
  tx.write(parkRow, [
    letter.id,
    letter.kind,
    letter.subject,
    JSON.stringify(letter.headers),
    storable(letter.body),
    storable(letter.reason).slice(0, reasonMax),
  ]);
}

// Postgres stores no NUL: a body that holds one would fail the parking, again and again.
function storable(text: string): string {
  return text.replaceAll("\u0000", "\ufffd");
}

const lockRow = sql(
  "dead-letters-lock",
  "select id, kind, subject, headers, body, reason, state, decided_by from dead_letters where id = $1 for update",
);

/** An open letter, locked to the end of the transaction. */
export async function lockOpenLetter(tx: Tx, id: string): Promise<DeadLetter | Declined> {
  type Row = Omit<DeadLetter, "headers"> & { headers: string; state: string; decided_by: string | null };
  const [row] = await tx.rows<Row>(lockRow, [id]);
  if (!row) return new Declined(`There is no dead letter ${id} here.`);
  const { state, decided_by, headers, ...letter } = row;
  if (state !== "open") return new Declined(`The dead letter ${id} was ${state} by ${decided_by} before.`);
  return { ...letter, headers: JSON.parse(headers) };
}

const decideRow = sql(
  "dead-letters-decide",
  "update dead_letters set state = $2, decided_at = now(), decided_by = $3, decision = $4 where id = $1",
);

/** Writes down what was decided about a locked letter. */
export function decide(
  tx: Tx,
  decided: { id: string; state: "requeued" | "discarded"; by: string; why: string },
): void {
  tx.write(decideRow, [decided.id, decided.state, decided.by, decided.why]);
}

const countRow = sql(
  "dead-letters-open",
  "select count(*)::int as count from (select from dead_letters where state = 'open' limit 1000) few",
);

/** How many letters wait for a decision; 1,000 stands for any more. */
export async function countOpenLetters(db: Reader): Promise<number> {
  const [row] = await db.rows<{ count: number }>(countRow);
  return row?.count ?? 0;
}

interface Row {
  id: string;
  kind: "command" | "event";
  subject: string;
  state: "open" | "requeued" | "discarded";
  reason: string;
  times: number;
  parkedAt: string;
  headers: string;
  body: string;
  decidedAt: string | null;
  decidedBy: string | null;
  decision: string | null;
  parkedMicros: number;
}

const bodyShownMax = 500;

/** A page of letters, the newest first; the one that is asked for by its id is shown whole. */
export async function listDeadLetters(
  db: Reader,
  ask: AskOf<typeof ListDeadLetters>,
): Promise<AnswerOf<typeof ListDeadLetters> | Declined> {
  const behind = ask.after === undefined ? undefined : decodeCursor(ask.after);
  if (ask.after !== undefined && !isKey(behind))
    return new Declined("after is no cursor of this list: it takes what next said.");
  const query = queries("dead_letters")
    .select(
      queries.raw(
        `id, kind, subject, state, reason, times, parked_at as "parkedAt", headers, body,
         decided_at as "decidedAt", decided_by as "decidedBy", decision,
         (extract(epoch from parked_at) * 1000000)::bigint as "parkedMicros"`,
      ),
    )
    .orderBy([
      { column: "parked_at", order: "desc" },
      { column: "id", order: "desc" },
    ])
    .limit(ask.limit + 1);
  if (ask.id !== undefined) query.where({ id: ask.id });
  else query.where({ state: ask.state });
  if (ask.subject !== undefined) query.where({ subject: ask.subject });
  if (ask.since !== undefined) query.where("parked_at", ">=", ask.since);
  if (isKey(behind)) query.whereRaw(`(parked_at, id) < (${fromMicros}, ?::uuid)`, behind);
  const rows = await db.rows<Row>(build(query));
  const { data, next } = pageOfRows(rows, ask.limit, (row) => [row.parkedMicros, row.id]);
  return { data: data.map((row) => shown(row, ask.id !== undefined)), next };
}

const fromMicros = "timestamptz 'epoch' + ?::bigint * interval '1 microsecond'";

function isKey(key: unknown[] | undefined): key is [number, string] {
  return key?.length === 2 && Number.isSafeInteger(key[0]) && Id.safeParse(key[1]).success;
}

function shown(
  { parkedMicros: _, ...row }: Row,
  isWhole: boolean,
): AnswerOf<typeof ListDeadLetters>["data"][number] {
  const isLong = !isWhole && row.body.length > bodyShownMax;
  return {
    ...row,
    reason: isWhole ? row.reason : (row.reason.split("\n")[0] as string),
    headers: JSON.parse(row.headers),
    body: isLong ? `${row.body.slice(0, bodyShownMax)} ...` : jsonOr(row.body),
  };
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
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
  nats.publish(
    deadLetterSubject(service),
    JSON.stringify({ id, kind, subject, reason: reason.slice(0, 1_000) }),
  );
}
