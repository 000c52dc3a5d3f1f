import { setTimeout as wait } from "node:timers/promises";
import { Fault, header, type ServiceName } from "@quartermaster/contracts";
import { crashPoint, type Logger } from "@quartermaster/process";
import type { NatsConnection } from "nats";
import type { Pool } from "pg";
import { eventHeaders } from "./event-wire";
import { FreshEvents } from "./fresh-events";
import type { Leadership } from "./leadership";
import { earlierEpochs, highWater, type OutboxRow, readOutbox } from "./outbox";
import { type Reader, readerOf, type Statement, sql } from "./sql";
import { ensureStreams, lastEventOf } from "./stream";
import { highWaterSubject } from "./subjects";

/** Events published between two confirmations. */
const windowMax = 500;
/** Windows follow each other at least this far apart: nobody waits for an event, and each window is confirmed and checkpointed. */
const windowEveryMs = 100;
/** The floor under the wake-up: events of another instance's commits are found this late at worst. */
const pollMs = 300;
const confirmTimeoutMs = 5_000;
const announceEveryMs = 1_000;

interface Position {
  epoch: number;
  seq: number;
}

// A lost checkpoint only means that some events are published again, under ids that everybody drops. Each write is one
// statement, and a transaction of its own.
const relaysSession: Statement = {
  text: `select set_config('synchronous_commit', 'off', false),
    set_config('default_transaction_read_only', 'off', false)`,
};
const takeLead = sql("relay-lead", "update relay set fence = fence + 1 returning fence, epoch, seq");
const moveOn = sql("relay-move", "update relay set epoch = $2, seq = $3 where fence = $1 returning seq");

/**
 * Publishes a service's outbox to the stream, in order. The leading instance does; the fence in the
 * checkpoint stops one that was paused and has lost its lead. A stream that was wiped or rolled back is refilled from
 * the outbox, from the last event of this service that the stream still has.
 */
export class Relay {
  private stopped = false;
  private woken = false;
  private wakeUp: (() => void) | undefined;
  private lastConfirmed = 0;
  private reconnects = 0;
  private leads = false;
  private wasEmpty = false;
  private readonly beforePublishing = crashPoint("relay: after the commit, before a window is published");
  private readonly afterPublishing = crashPoint("relay: after a window is published, before its checkpoint");
  private readonly fresh = new FreshEvents();
  /** Read once: a service does not run while it is given a new epoch. */
  private earlier: readonly Position[] | undefined;
  private readonly ended: () => Promise<void>;
  private readonly announcing: NodeJS.Timeout;

  constructor(
    private readonly parts: {
      service: ServiceName;
      pool: Pool;
      nats: NatsConnection;
      log: Logger;
      replicas: number;
      leadership: Leadership;
    },
  ) {
    this.ended = parts.leadership.whileLeading("relay", (session) => this.lead(session));
    // By every instance: the mark of a service whose leader hangs is what shows its receivers that something is missing.
    this.announcing = setInterval(() => void this.announce(), announceEveryMs);
  }

  /** Called after every commit that said something, with what it said. */
  wake(rows: readonly OutboxRow[] = []): void {
    if (this.leads) this.fresh.add(rows);
    this.woken = true;
    this.wakeUp?.();
  }

  /** The stream may have changed behind a broken connection: compared before anything more is published. */
  reconnected(): void {
    this.reconnects++;
    this.wake();
  }

  /** Publishes what is left, unless another instance does; resolves when that is done. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.announcing);
    this.wake();
    await this.ended();
  }

  private async lead(session: Reader): Promise<void> {
    await session.rows(relaysSession);
    const [lead] = await session.rows<Position & { fence: number }>(takeLead);
    if (!lead) return;
    this.leads = true;
    try {
      await this.publishAll(session, lead.fence, { epoch: lead.epoch, seq: lead.seq });
    } finally {
      this.leads = false;
      this.fresh.clear();
    }
  }

  private async publishAll(db: Reader, fence: number, checkpoint: Position): Promise<void> {
    let position = checkpoint;
    let seen = -1;
    for (;;) {
      if (seen !== this.reconnects) {
        seen = this.reconnects;
        await ensureStreams(this.parts.nats, this.parts.replicas);
        position = await this.resumeAt(db, position);
        this.lastConfirmed = 0;
      }
      this.woken = false;
      const rows = await this.nextWindow(db, position);
      if (rows.length > 0) {
        this.beforePublishing();
        position = await this.publishWindow(rows);
        this.afterPublishing();
        const moved = await db.rows(moveOn, [fence, position.epoch, position.seq]);
        if (moved.length === 0) throw new Fault("busy", "another relay has taken the lead");
      } else if (this.stopped) return;
      await this.pause(rows.length === windowMax);
    }
  }

  private async nextWindow(db: Reader, { epoch, seq }: Position): Promise<OutboxRow[]> {
    const fresh = this.fresh.takeAfter({ epoch, seq }, windowMax);
    if (fresh.length > 0) return fresh;
    // Numbers have no gap, so a window's bound is known; without it every partition is looked into. An empty window is
    // looked for once more without: somebody may have dropped what was old.
    const to = this.wasEmpty ? Number.MAX_SAFE_INTEGER : seq + windowMax;
    const rows = await readOutbox(db, { epoch, after: seq, to, limit: windowMax });
    this.wasEmpty = rows.length === 0;
    return rows;
  }

  private async pause(hasMore: boolean): Promise<void> {
    if (hasMore || this.stopped) return;
    await wait(windowEveryMs);
    if (this.woken || this.stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pollMs);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wakeUp = undefined;
  }

  private async publishWindow(rows: OutboxRow[]): Promise<Position> {
    const { nats, service } = this.parts;
    const last = rows[rows.length - 1] as OutboxRow;
    for (const row of rows.slice(0, -1))
      nats.publish(row.subject, Buffer.from(row.body), { headers: eventHeaders(service, row) });
    // The stream takes one connection's messages in order, so the last one's confirmation speaks for the window. What
    // got lost all the same is a hole in the count, and receivers ask for it.
    const confirmed = await nats.jetstream({ timeout: confirmTimeoutMs }).publish(last.subject, last.body, {
      headers: eventHeaders(service, last),
      timeout: confirmTimeoutMs,
    });
    if (!confirmed.duplicate && confirmed.seq < this.lastConfirmed) {
      throw new Fault("busy", "the stream was made anew while events were published");
    }
    this.lastConfirmed = confirmed.seq;
    return { epoch: last.epoch, seq: last.seq };
  }

  /** Where to go on: after the last event of this service that the stream has, or at the checkpoint if that is earlier. */
  private async resumeAt(db: Reader, checkpoint: Position): Promise<Position> {
    const stored = await this.lastStored();
    const current = await highWater(db);
    if (stored?.epoch === current.epoch && stored.seq > current.seq) {
      // The database is older than what it has said: its numbers would be used twice, and their events dropped as known.
      throw new Error(
        `event ${stored.seq} was published, the database is at ${current.seq}: call new_epoch() after a restore`,
      );
    }
    const from = checkpoint.epoch === current.epoch ? checkpoint : { epoch: current.epoch, seq: 0 };
    const last = stored?.epoch === from.epoch ? stored.seq : 0;
    if (last < from.seq) {
      this.parts.log.warn({ checkpoint: from.seq, stream: last }, "the stream has lost events; refilling it");
      return { epoch: from.epoch, seq: last };
    }
    return from;
  }

  private async lastStored(): Promise<Position | undefined> {
    const about = await lastEventOf(this.parts.nats, this.parts.service);
    return about && { epoch: Number(about.get(header.epoch)), seq: Number(about.get(header.seq)) };
  }

  private async announce(): Promise<void> {
    const { nats, service, pool, log } = this.parts;
    try {
      const db = readerOf(pool);
      const mark = await highWater(db);
      this.earlier ??= mark.epoch === 1 ? [] : await earlierEpochs(db, mark.epoch);
      // The newest first. Of what was said before a restore, receivers may lack the end, which shows as no hole.
      for (const one of [mark, ...this.earlier])
        if (!nats.isClosed()) nats.publish(highWaterSubject(service), JSON.stringify(one));
    } catch (error) {
      log.debug({ err: error }, "the high-water mark could not be announced");
    }
  }
}
