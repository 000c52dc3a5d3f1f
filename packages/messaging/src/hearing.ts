import { type Heard, header, type ServiceName } from "@quartermaster/contracts";
import { crashPoint, type Logger } from "@quartermaster/process";
import type { JsMsg, NatsConnection } from "nats";
import type { Pool } from "pg";
import { supervise } from "./consumer";
import { type DeadLetter, park } from "./dead-letters";
import { eventId, readEvent } from "./event-wire";
import type { EventHandler } from "./handler";
import { metaHeaders } from "./headers";
import { fillHoles, type HoleFilling } from "./holes";
import { newId } from "./ids";
import { Lane } from "./lane";
import type { Leadership } from "./leadership";
import type { SaidWith } from "./outbox";
import { claimFresh } from "./progress";
import { inTransaction, readerOf, type Tx } from "./sql";
import { consumersOf } from "./subjects";
import type { Transact } from "./transact";

// An event costs a fraction of a command, so a batch may be larger; what waits is bounded by the consumer's
// max_ack_pending and the pages of a replay, far below waitingMax.
const hearingLimits = { sizeMax: 500, waitingMax: 20_000, attemptsMax: 8, gatherMs: 100 };

/** When a message that could not be parked is looked at again. */
const parkAgainMs = 1_000;

export interface Hearing {
  /** To be called once this instance leads no more. */
  stop(): Promise<void>;
}

interface Parts {
  service: ServiceName;
  handlers: EventHandler[];
  pool: Pool;
  nats: NatsConnection;
  log: Logger;
  replicas: number;
  transact: Transact;
  leadership: Leadership;
  onParked: (letter: DeadLetter) => void;
}

/**
 * Hears events: from durable consumers, and from their sources directly where a number is missing. Each event has its
 * effect exactly once, because its number is counted in the same transaction. The leading instance listens, so that
 * events come in order and one acknowledgement speaks for a batch; every instance fills holes, also those that a
 * listener leaves which hangs.
 */
export function startHearing(parts: Parts): Hearing {
  const { service, handlers, pool, nats, log } = parts;
  if (handlers.length === 0) return { stop: async () => undefined };
  const beforeCommit = crashPoint("hearing: before the commit");
  const afterCommit = crashPoint("hearing: after the commit, before the acknowledgement");
  const lane = new Lane<Heard, void>({
    name: `${service} hears`,
    limits: hearingLimits,
    log,
    run: (events) =>
      parts.transact(async (tx) => {
        tx.afterCommit(afterCommit);
        const said = await runBatch(tx, handlers, events);
        beforeCommit();
        return { result: events.map(() => undefined), said };
      }),
    poisoned: async (event, error) => {
      const letter = await inTransaction(pool, (tx) => parkEvent(tx, event, error));
      if (letter) parts.onParked(letter);
    },
  });
  const take = (event: Heard) => lane.push(event);
  const sources = sourcesOf(handlers);
  const listening = { ...parts, sources, take };
  const ended = parts.leadership.whileLeading("hearing", (_session, over) => listen(over, listening));
  const holes: HoleFilling = fillHoles({ service, nats, db: readerOf(pool), log, sources, take });
  return {
    stop: async () => {
      holes.stop();
      await ended();
      await lane.idle();
    },
  };
}

async function listen(
  over: AbortSignal,
  parts: Parts & { sources: string[] | "every"; take: (event: Heard) => Promise<void> },
): Promise<void> {
  const { take, log } = parts;
  const consumers = consumersOf(parts.service, parts.sources).map((one) => {
    const acknowledged = new Acknowledged();
    return supervise({
      ...one,
      nats: parts.nats,
      log,
      replicas: parts.replicas,
      arrived: (msg) => arrived(msg, take, acknowledged, parts).then(() => acknowledged.upTo(msg)),
    });
  });
  await aborted(over);
  await Promise.all(consumers.map((one) => one.stop()));
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

function sourcesOf(handlers: EventHandler[]): string[] | "every" {
  if (handlers.some((one) => one.contract === null)) return "every";
  return [...new Set(handlers.map((one) => (one.contract as { service: string }).service))];
}

async function runBatch(tx: Tx, handlers: EventHandler[], events: Heard[]): Promise<SaidWith[]> {
  return hear(tx, handlers, await claimFresh(tx, events));
}

/** Gives each event to those who hear it. Answers what that caused, in the name of whoever caused the event. */
export async function hear(tx: Tx, handlers: EventHandler[], events: Heard[]): Promise<SaidWith[]> {
  const said: SaidWith[] = [];
  for (const handler of handlers) {
    const mine = handler.contract ? events.filter((one) => one.name === handler.contract?.name) : events;
    if (mine.length === 0) continue;
    const caused = await handler.run(tx, mine);
    for (const [n, event] of mine.entries()) {
      const meta = { ...event.meta, causation: eventId(event) };
      for (const one of caused[n] ?? []) said.push({ said: one, meta });
    }
  }
  return said;
}

async function parkEvent(tx: Tx, event: Heard, error: unknown): Promise<DeadLetter | undefined> {
  const [fresh] = await claimFresh(tx, [event]);
  if (!fresh) return undefined;
  const letter: DeadLetter = {
    id: newId(),
    kind: "event",
    subject: `evt.${event.name}`,
    headers: {
      [header.source]: event.source,
      [header.epoch]: String(event.epoch),
      [header.seq]: String(event.seq),
      [header.at]: event.at,
      ...metaHeaders(event.meta),
    },
    body: JSON.stringify(event.body),
    reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
  park(tx, letter);
  return letter;
}

/** Resolves when the message's effect is durable: an event is heard, anything else is parked. */
function arrived(
  msg: JsMsg,
  take: (event: Heard) => Promise<void>,
  acknowledged: Acknowledged,
  parts: Pick<Parts, "pool" | "log" | "onParked">,
): Promise<void> {
  let event: Heard;
  try {
    event = readEvent(msg);
  } catch (error) {
    acknowledged.hold(msg);
    return parkUnreadable(msg, error, parts);
  }
  return take(event);
}

async function parkUnreadable(
  msg: JsMsg,
  error: unknown,
  { pool, log, onParked }: Pick<Parts, "pool" | "log" | "onParked">,
): Promise<void> {
  log.error({ err: error, subject: msg.subject }, "event without number or body parked");
  const letter: DeadLetter = {
    id: newId(),
    kind: "event",
    subject: msg.subject,
    headers: {},
    body: Buffer.from(msg.data).toString("utf8"),
    reason: String(error),
  };
  try {
    await inTransaction(pool, async (tx) => park(tx, letter));
  } catch (failure) {
    msg.nak(parkAgainMs);
    throw failure;
  }
  onParked(letter);
}

/**
 * Acknowledges the last message of those that were taken in one turn of the event loop: it speaks for all before it. So
 * nothing is acknowledged while a message is held, one without a number, which no hole would bring back.
 */
class Acknowledged {
  private last: JsMsg | undefined;
  private soon = false;
  private readonly held = new Set<number>();

  hold({ seq }: JsMsg): void {
    this.held.add(seq);
  }

  upTo(msg: JsMsg): void {
    this.held.delete(msg.seq);
    if (!this.last || msg.seq > this.last.seq) this.last = msg;
    if (this.soon) return;
    this.soon = true;
    setImmediate(() => {
      this.soon = false;
      if (this.held.size > 0) return;
      this.last?.ack();
      this.last = undefined;
    });
  }
}
