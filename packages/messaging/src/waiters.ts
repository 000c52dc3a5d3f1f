import type { Logger } from "@quartermaster/process";
import { recall, type StoredReply } from "./inbox";
import type { Reader } from "./sql";

/** Another instance may settle a command that somebody waits for here: it is looked up this often. */
const lookUpEveryMs = 250;

interface Waiter {
  since: number;
  until: number;
  settled(reply: StoredReply): void;
  timedOut(): void;
}

/**
 * Who waits here for commands that were accepted and are not settled yet. A settlement in this process is told at once;
 * one by another instance is found in the inbox.
 */
export class Waiters {
  private readonly byId = new Map<string, Waiter[]>();
  private readonly timer: NodeJS.Timeout;
  private looking = false;

  constructor(
    private readonly db: Reader,
    private readonly log: Logger,
  ) {
    this.timer = setInterval(() => void this.lookUp(), lookUpEveryMs);
    this.timer.unref();
  }

  /** Resolves with the reply, or with null when the wait is over first. */
  wait(id: string, waitMs: number): Promise<StoredReply | null> {
    if (waitMs <= 0) return Promise.resolve(null);
    return new Promise((resolve) => {
      const now = performance.now();
      const waiter: Waiter = {
        since: now,
        until: now + waitMs,
        settled: resolve,
        timedOut: () => resolve(null),
      };
      const others = this.byId.get(id);
      if (others) others.push(waiter);
      else this.byId.set(id, [waiter]);
    });
  }

  tell(id: string, reply: StoredReply): void {
    const waiters = this.byId.get(id);
    if (!waiters) return;
    this.byId.delete(id);
    for (const waiter of waiters) waiter.settled(reply);
  }

  stop(): void {
    clearInterval(this.timer);
    for (const waiters of this.byId.values()) for (const waiter of waiters) waiter.timedOut();
    this.byId.clear();
  }

  private async lookUp(): Promise<void> {
    this.expire(performance.now());
    if (this.looking || this.byId.size === 0) return;
    this.looking = true;
    try {
      const now = performance.now();
      const late = [...this.byId].filter(([, waiters]) =>
        waiters.some((one) => now - one.since >= lookUpEveryMs),
      );
      const found = await recall(
        this.db,
        late.map(([id]) => id),
      );
      for (const [id, reply] of found) if (reply) this.tell(id, reply);
    } catch (error) {
      this.log.warn({ err: error }, "settled commands could not be looked up");
    } finally {
      this.looking = false;
    }
  }

  private expire(now: number): void {
    for (const [id, waiters] of this.byId) {
      const left = waiters.filter((one) => one.until > now);
      for (const one of waiters) if (one.until <= now) one.timedOut();
      if (left.length === 0) this.byId.delete(id);
      else this.byId.set(id, left);
    }
  }
}
