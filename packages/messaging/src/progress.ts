import { sql, type Tx } from "./sql";

/** The number of an event, unique for ever: its source, the source's epoch, and its place in that epoch. */
export interface Numbered {
  readonly source: string;
  readonly epoch: number;
  readonly seq: number;
}

export interface Progress {
  source: string;
  epoch: number;
  /** Everything up to here has been heard. */
  contiguous: number;
}

const openRows = sql(
  "heard-open",
  `insert into heard (source, epoch)
   select distinct unnest($1::text[]) as source, unnest($2::int[]) as epoch order by source, epoch
   on conflict do nothing`,
);
const lockRows = sql(
  "heard-lock",
  `select source, epoch, contiguous from heard
   where (source, epoch) in (select unnest($1::text[]), unnest($2::int[])) order by source, epoch for update`,
);
const aheadRows = sql(
  "heard-ahead",
  `select source, epoch, seq from heard_ahead
   where (source, epoch) in (select unnest($1::text[]), unnest($2::int[]))`,
);
const moveRows = sql(
  "heard-move",
  `update heard set contiguous = moved.contiguous
   from (select unnest($1::text[]) as source, unnest($2::int[]) as epoch, unnest($3::bigint[]) as contiguous) as moved
   where heard.source = moved.source and heard.epoch = moved.epoch`,
);
const keepAhead = sql(
  "heard-keep-ahead",
  `insert into heard_ahead (source, epoch, seq)
   select unnest($1::text[]), unnest($2::int[]), unnest($3::bigint[])`,
);
const dropAhead = sql(
  "heard-drop-ahead",
  `delete from heard_ahead using unnest($1::text[], $2::int[], $3::bigint[]) as moved (source, epoch, contiguous)
   where heard_ahead.source = moved.source and heard_ahead.epoch = moved.epoch
     and heard_ahead.seq <= moved.contiguous`,
);

const streamOf = (one: { source: string; epoch: number }) => `${one.source}/${one.epoch}`;

/**
 * Locks the progress of the events' sources, counts the events as heard, and returns those that were not heard before,
 * by source and number. Duplicates within the batch are dropped too.
 */
export async function claimFresh<Event extends Numbered>(tx: Tx, events: readonly Event[]): Promise<Event[]> {
  const streams = [...new Map(events.map((one) => [streamOf(one), one])).values()];
  const keys = [streams.map((one) => one.source), streams.map((one) => one.epoch)];
  let [progress, ahead] = await lockProgress(tx, keys);
  if (progress.length < streams.length) {
    await tx.rows(openRows, keys);
    [progress, ahead] = await lockProgress(tx, keys);
  }
  const fresh: Event[] = [];
  const counted = progress.map((one) => {
    const waiting = new Set(ahead.filter((row) => streamOf(row) === streamOf(one)).map((row) => row.seq));
    const mine = events.filter((event) => streamOf(event) === streamOf(one));
    return count(one, waiting, mine, fresh);
  });
  writeProgress(tx, counted, ahead.length > 0);
  return fresh;
}

/** In one round trip: what came ahead is read behind the lock. */
function lockProgress(tx: Tx, keys: readonly unknown[]): Promise<[Progress[], Numbered[]]> {
  return Promise.all([tx.rows<Progress>(lockRows, keys), tx.rows<Numbered>(aheadRows, keys)]);
}

interface Counted extends Progress {
  moved: boolean;
  ahead: number[];
}

function count<Event extends Numbered>(
  from: Progress,
  waiting: Set<number>,
  events: Event[],
  fresh: Event[],
): Counted {
  const seen = new Set(waiting);
  for (const event of [...events].sort((a, b) => a.seq - b.seq)) {
    if (event.seq <= from.contiguous || seen.has(event.seq)) continue;
    seen.add(event.seq);
    fresh.push(event);
  }
  let contiguous = from.contiguous;
  while (seen.has(contiguous + 1)) contiguous++;
  const ahead = [...seen].filter((seq) => seq > contiguous && !waiting.has(seq));
  return { ...from, contiguous, moved: contiguous > from.contiguous, ahead };
}

function writeProgress(tx: Tx, counted: Counted[], hadAhead: boolean): void {
  const moved = counted.filter((one) => one.moved);
  if (moved.length > 0) {
    const columns = [
      moved.map((one) => one.source),
      moved.map((one) => one.epoch),
      moved.map((one) => one.contiguous),
    ];
    tx.write(moveRows, columns);
    if (hadAhead) tx.write(dropAhead, columns);
  }
  const ahead = counted.flatMap((one) => one.ahead.map((seq) => ({ ...one, seq })));
  if (ahead.length === 0) return;
  tx.write(keepAhead, [
    ahead.map((one) => one.source),
    ahead.map((one) => one.epoch),
    ahead.map((one) => one.seq),
  ]);
}
