import type { Said } from "@quartermaster/contracts";
import { texts } from "./arrays";
import type { Meta } from "./handler";
import { type Reader, sql, type Tx } from "./sql";

/** An event about to be said, with its origin. */
export interface SaidWith {
  readonly said: Said;
  readonly meta: Meta;
}

// One statement takes the counter's lock and writes the numbered rows, so the lock is held only from here to the commit.
// The time is taken after the lock: it never runs back while the numbers run forward.
const sayRows = sql(
  "outbox-say",
  `with counter as (
     update event_counter set last_seq = last_seq + cardinality($1::text[])
     returning epoch, last_seq - cardinality($1::text[]) as before
   )
   insert into outbox (epoch, seq, at, subject, meta, body)
   select counter.epoch, counter.before + said.n, clock_timestamp(), said.subject, said.meta, said.body
   from counter, unnest($1::text[], $2::text[], $3::text[]) with ordinality as said (subject, meta, body, n)`,
);

/** Writes events into the outbox, numbered in the order given. The last statement of a transaction: see event_counter. */
export function say(tx: Tx, events: readonly SaidWith[]): void {
  if (events.length === 0) return;
  tx.write(sayRows, [
    events.map((one) => one.said.contract.subject),
    texts(events.map((one) => JSON.stringify(one.meta))),
    texts(events.map((one) => JSON.stringify(one.said.body))),
  ]);
}

export interface OutboxRow {
  epoch: number;
  seq: number;
  at: string;
  subject: string;
  meta: string;
  body: string;
}

const readRows = sql(
  "outbox-read",
  `select epoch, seq, to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, subject, meta, body
   from outbox where epoch = $1 and seq > $2 and seq <= $3 order by seq limit $4`,
);

/** Events of one epoch with numbers above `after`, up to `to`, in order. */
export function readOutbox(
  db: Reader,
  range: { epoch: number; after: number; to: number; limit: number },
): Promise<OutboxRow[]> {
  return db.rows<OutboxRow>(readRows, [range.epoch, range.after, range.to, range.limit]);
}

const highWaterRow = sql("outbox-high-water", "select epoch, last_seq as seq from event_counter");

/** The number of the latest committed event. */
export async function highWater(db: Reader): Promise<{ epoch: number; seq: number }> {
  const [row] = await db.rows<{ epoch: number; seq: number }>(highWaterRow);
  if (!row) throw new Error("event_counter has lost its row");
  return row;
}
