import { type AskOf, type Heard, opsSubject, type Replay, type ServiceName } from "@quartermaster/contracts";
import type { Logger } from "@quartermaster/process";
import { createInbox, type Msg, type NatsConnection, type Subscription } from "nats";
import { z } from "zod";
import { epochMax, heardFrom } from "./event-wire";
import { jsonIn } from "./json";
import { type OutboxRow, readOutbox } from "./outbox";
import type { Progress } from "./progress";
import { type Reader, sql } from "./sql";
import { highWaterSubject, inboxFor } from "./subjects";

const lookEveryMs = 500;
/** A source that has said more than was heard, without progress for this long, has a hole and not merely a lag. */
const holeAfterMs = 2_000;
const askTimeoutMs = 5_000;
const eventsPerPage = 500;
/** Well below NATS's default payload of 1 MiB. */
const bytesPerPage = 512 * 1024;

const Epoch = z.int().min(1).max(epochMax);
const HighWater = z.object({ epoch: Epoch, seq: z.int().min(0) });
const Replayed = z.object({ events: z.array(z.custom<OutboxRow>()) });

/** A source's own answer to a hole: the events themselves, since the stream would drop them as duplicates. */
export async function replay(db: Reader, ask: AskOf<typeof Replay>): Promise<{ events: OutboxRow[] }> {
  const rows = await readOutbox(db, {
    epoch: ask.epoch,
    after: ask.from - 1,
    to: ask.to,
    limit: eventsPerPage,
  });
  let bytes = 0;
  let count = 0;
  for (const row of rows) {
    bytes += Buffer.byteLength(JSON.stringify(row));
    if (count > 0 && bytes > bytesPerPage) break;
    count++;
  }
  return { events: rows.slice(0, count) };
}

export interface HoleFilling {
  stop(): void;
}

interface Known {
  source: string;
  epoch: number;
  seq: number;
  contiguous: number;
  since: number;
}

const progressRows = sql("heard-all", "select source, epoch, contiguous from heard");

/** Compares what sources say they have said with what was heard, and asks them for what is missing. */
export function fillHoles(parts: {
  service: ServiceName;
  nats: NatsConnection;
  db: Reader;
  log: Logger;
  sources: string[] | "every";
  take: (event: Heard) => Promise<void>;
}): HoleFilling {
  const known = new Map<string, Known>();
  const subscriptions = hearMarks(parts, (source, { epoch, seq }) => {
    const stream = `${source}/${epoch}`;
    const before = known.get(stream);
    if (before) {
      before.seq = Math.max(before.seq, seq);
      return;
    }
    // A restored database has forgotten some of its earlier epochs: how far they go now, it says behind the new one.
    for (const [other, one] of known) if (one.source === source && one.epoch < epoch) known.delete(other);
    known.set(stream, { source, epoch, seq, contiguous: -1, since: performance.now() });
  });
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    look(parts, known)
      .catch((error) => parts.log.warn({ err: error }, "holes could not be looked for"))
      .finally(() => {
        busy = false;
      });
  }, lookEveryMs);
  return {
    stop: () => {
      clearInterval(timer);
      for (const one of subscriptions) one.unsubscribe();
    },
  };
}

/** Only the sources that are heard: their subjects are all that the server lets a service listen to. */
function hearMarks(
  { nats, sources, log }: Parts,
  hear: (source: string, mark: z.infer<typeof HighWater>) => void,
): Subscription[] {
  return (sources === "every" ? ["*"] : sources).map((each) =>
    nats.subscribe(highWaterSubject(each), {
      callback: (error, msg) => {
        if (error || hasHeaders(msg, log)) return;
        const mark = HighWater.safeParse(safeJson(msg.data));
        if (mark.success) hear(msg.subject.split(".")[1] as string, mark.data);
      },
    }),
  );
}

/** A mark has no headers; what the server sends out of a stream, at anybody's request, has some. */
function hasHeaders(msg: Msg, log: Logger): boolean {
  try {
    return msg.headers !== undefined;
  } catch (error) {
    // The client reads them here, and throws at some that are malformed.
    log.warn({ err: error, subject: msg.subject }, "a mark with headers that cannot be read is ignored");
    return true;
  }
}

function safeJson(data: Uint8Array): unknown {
  try {
    return jsonIn(data);
  } catch {
    return undefined;
  }
}

type Parts = Parameters<typeof fillHoles>[0];

async function look(parts: Parts, known: Map<string, Known>): Promise<void> {
  if (known.size === 0) return;
  const progress = await parts.db.rows<Progress>(progressRows);
  for (const one of known.values()) {
    const { source } = one;
    const contiguous =
      progress.find((row) => row.source === source && row.epoch === one.epoch)?.contiguous ?? 0;
    if (contiguous !== one.contiguous || contiguous >= one.seq) {
      one.contiguous = contiguous;
      one.since = performance.now();
    } else if (performance.now() - one.since >= holeAfterMs) {
      await fill(parts, source, { epoch: one.epoch, from: contiguous + 1, to: one.seq }).catch((error) => {
        // Another source's holes are filled all the same; this one is asked again at the next look.
        parts.log.warn({ err: error, source }, "a source did not answer for its missing events");
      });
    }
  }
}

async function fill(parts: Parts, source: string, hole: AskOf<typeof Replay>): Promise<void> {
  parts.log.warn({ source, ...hole }, "events are missing; asking their source");
  let from = hole.from;
  while (from <= hole.to) {
    const owner = source as ServiceName;
    const answer = await parts.nats.request(
      opsSubject(owner, "replay"),
      JSON.stringify({ ...hole, from }),
      // Not over the connection's common inbox, in which only the server itself may answer.
      { timeout: askTimeoutMs, noMux: true, reply: createInbox(inboxFor(parts.service, owner)) },
    );
    const { events } = Replayed.parse(jsonIn(answer.data));
    const last = events.at(-1);
    if (!last) {
      parts.log.error({ source, ...hole, from }, "the source no longer has the missing events");
      return;
    }
    await Promise.all(events.map((row) => parts.take(heardFrom(source, row))));
    from = last.seq + 1;
  }
}
