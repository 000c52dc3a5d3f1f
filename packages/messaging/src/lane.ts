import { setTimeout as wait } from "node:timers/promises";
import { Fault } from "@quartermaster/contracts";
import type { Logger } from "@quartermaster/process";
import { isFault } from "./fault";

export interface LaneLimits {
  /** Items that one batch takes at most. */
  sizeMax: number;
  /** Items that may wait; one more is refused as overloaded, so that a queue never grows without bound. */
  waitingMax: number;
  /** Attempts of one batch at a fault before its items are answered with it. */
  attemptsMax: number;
  /** Pause after a batch of several, so that the next one is larger; 0 for none. A lone item is never followed by one. */
  gatherMs: number;
}

// 200 commands keep a transaction in the low tens of milliseconds; 4,000 waiting are some two seconds of work. What waits
// while a batch commits is batch enough: somebody waits for the answer.
export const commandLaneLimits: LaneLimits = { sizeMax: 200, waitingMax: 4_000, attemptsMax: 8, gatherMs: 0 };

interface Waiting<Item, Result> {
  item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Natural batching: while one batch runs, what arrives waits, and the next batch takes it all. A batch that meets a
 * fault is run again whole, after a backoff; one that meets a defect is halved until the poison item is alone.
 */
export class Lane<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly parts: {
      name: string;
      limits: LaneLimits;
      log: Logger;
      run: (items: Item[]) => Promise<Result[]>;
      /** What becomes of an item that can never succeed. Its own failure is a fault. */
      poisoned: (item: Item, error: unknown) => Promise<Result>;
    },
  ) {}

  /** Puts an item into the next batch. Rejects with a Fault when it may be tried again. */
  push(item: Item): Promise<Result> {
    if (this.waiting.length >= this.parts.limits.waitingMax) {
      return Promise.reject(new Fault("overloaded", `${this.parts.name} has ${this.waiting.length} waiting`));
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.running ??= this.drain();
    });
  }

  get name(): string {
    return this.parts.name;
  }

  get waitingCount(): number {
    return this.waiting.length;
  }

  /** Resolves when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  private async drain(): Promise<void> {
    // One turn of the event loop lets everything in that came in the same packet, and costs a lone item nothing.
    await new Promise(setImmediate);
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.parts.limits.sizeMax);
      await this.runBatch(batch);
      const { gatherMs, sizeMax } = this.parts.limits;
      if (gatherMs > 0 && batch.length > 1 && this.waiting.length < sizeMax) await wait(gatherMs);
    }
    this.running = undefined;
  }

  private async runBatch(batch: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.untilNoFault(() => this.parts.run(batch.map((one) => one.item)));
      for (const [n, one] of batch.entries()) one.resolve(results[n] as Result);
    } catch (error) {
      if (isFault(error)) for (const one of batch) one.reject(error);
      else if (batch.length === 1 && batch[0]) await this.park(batch[0], error);
      else {
        this.parts.log.warn(
          { lane: this.parts.name, size: batch.length, err: error },
          "batch halved after a defect",
        );
        const half = Math.ceil(batch.length / 2);
        await this.runBatch(batch.slice(0, half));
        await this.runBatch(batch.slice(half));
      }
    }
  }

  private async park(one: Waiting<Item, Result>, error: unknown): Promise<void> {
    this.parts.log.error({ lane: this.parts.name, err: error }, "poison message parked");
    try {
      one.resolve(await this.untilNoFault(() => this.parts.poisoned(one.item, error)));
    } catch (failure) {
      one.reject(failure);
    }
  }

  private async untilNoFault<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!isFault(error) || attempt >= this.parts.limits.attemptsMax) throw asFault(error);
        this.parts.log.warn(
          { lane: this.parts.name, attempt, err: error },
          "batch is tried again after a fault",
        );
        // 10, 20, 40 ... 1,000 ms, each with up to as much again at random, so that two instances fall out of step.
        const backoffMs = Math.min(10 * 2 ** (attempt - 1), 1_000);
        await wait(backoffMs * (1 + Math.random()));
      }
    }
  }
}

function asFault(error: unknown): unknown {
  if (!isFault(error) || error instanceof Fault) return error;
  return new Fault("database", (error as Error).message, { cause: error });
}
