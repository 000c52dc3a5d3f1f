import type { Meta, Said } from "@quartermaster/contracts";
import { texts } from "./arrays";
import { type Reader, sql, type Tx } from "./sql";

/** An event about to be said, with its origin. */
export interface SaidWith {
  readonly said: Said;
  readonly meta: Meta;
}

export interface OutboxRow {
  epoch: number;
  seq: number;
  at: string;
  subject: string;
  meta: string;
  body: string;
}

// The server's to_char takes longer than to read the row: times are written out here.
const atMs = `round(date_part('epoch', at) * 1000) as "atMs"`;
const timeText = (ms: number) => new Date(ms).toISOString();

// One statement takes the counter's lock and writes the numbered rows, so the lock is held only from here to the commit.
// The time is taken after the lock: it never runs back while the numbers run forward. It is cut to what the row holds, so that
// what is published and what is read back later are the same.
const sayRows = sql(
  "outbox-say",
  `with counter as (
     update event_counter set last_seq = last_seq + cardinality($1::text[])
     returning epoch, last_seq - cardinality($1::text[]) as before, date_trunc('milliseconds', clock_timestamp()) as at
   ), written as (
     insert into outbox (epoch, seq, at, subject, meta, body)
     select epoch, before + generate_subscripts($1::text[], 1), at, unnest($1::text[]), unnest($2::text[]),
       unnest($3::text[])
     from counter
   )
   select epoch, before, ${atMs} from counter`,
);

/** Bytes of a body. Servers take messages up to 1 MiB where they are not told otherwise; the rest is for the headers. */
const bodyMax = 768 * 1024;

/** One that the server would never take would hold up every later event: its own transaction fails instead. */
function checkSize({ contract: { name }, body: { entityId } }: Said, text: string): void {
  // A UTF-16 unit has at most three bytes in UTF-8, so the bytes of all but the largest need not be counted.
  if (text.length * 3 <= bodyMax || Buffer.byteLength(text) <= bodyMax) return;
  throw new RangeError(`${name} of ${entityId} is too large to be published: more than ${bodyMax} bytes`);
}

/**
 * Writes events into the outbox, numbered in the order given; throws, a defect, on one too large to publish. The last
 * statement of a transaction: see event_counter. `numbered` gets the rows as they were written; they are said only once
 * the transaction is committed.
 */
export function say(
  tx: Tx,
  events: readonly SaidWith[],
  numbered: (rows: readonly OutboxRow[]) => void,
): void {
  if (events.length === 0) return;
  const subjects = events.map((one) => one.said.contract.subject);
  const metas = events.map((one) => JSON.stringify(one.meta));
  const bodies = events.map(({ said }) => {
    const text = JSON.stringify(said.body);
    checkSize(said, text);
    return text;
  });
  tx.write<{ epoch: number; before: number; atMs: number }>(
    sayRows,
    [subjects, texts(metas), texts(bodies)],
    ([counter]) => {
      if (!counter) return;
      const { epoch, before } = counter;
      const at = timeText(counter.atMs);
      numbered(
        subjects.map((subject, n) => ({
          epoch,
          seq: before + n + 1,
          at,
          subject,
          meta: metas[n] as string,
          body: bodies[n] as string,
        })),
      );
    },
  );
}

const readRows = sql(
  "outbox-read",
  `select epoch, seq, ${atMs}, subject, meta, body
   from outbox where epoch = $1 and seq > $2 and seq <= $3 order by seq limit $4`,
);

/** Events of one epoch with numbers above `after`, up to `to`, in order. */
export async function readOutbox(
  db: Reader,
  range: { epoch: number; after: number; to: number; limit: number },
): Promise<OutboxRow[]> {
  const rows = await db.rows<Omit<OutboxRow, "at"> & { atMs: number }>(readRows, [
    range.epoch,
    range.after,
    range.to,
    range.limit,
  ]);
  return rows.map(({ atMs, ...row }) => ({ ...row, at: timeText(atMs) }));
}

const highWaterRow = sql("outbox-high-water", "select epoch, last_seq as seq from event_counter");

/** The number of the latest committed event. */
export async function highWater(db: Reader): Promise<{ epoch: number; seq: number }> {
  const [row] = await db.rows<{ epoch: number; seq: number }>(highWaterRow);
  if (!row) throw new Error("event_counter has lost its row");
  return row;
}

const earlierRows = sql(
  "outbox-earlier",
  "select epoch, max(seq) as seq from outbox where epoch < $1 group by epoch order by epoch",
);

/** What the epochs before this one came to, as far as their events are still kept. They change no more. */
export function earlierEpochs(db: Reader, epoch: number): Promise<{ epoch: number; seq: number }[]> {
  return db.rows(earlierRows, [epoch]);
}
