import { setTimeout as wait } from "node:timers/promises";
import { orderBody } from "./load";
import { type AnswerHead, postOf, RawConnection } from "./raw-connection";
import { percentile } from "./statistics";

/**
 * A load that does not wait for answers: orders arrive at a fixed rate, as from more buyers than could ever be answered.
 * Each takes a free connection; when none is free, it is not sent, and counted.
 */
export interface OpenLoadOptions {
  readonly url: string;
  readonly tokens: readonly string[];
  readonly productIds: readonly number[];
  readonly ratePerSecond: number;
  readonly connections: number;
  readonly seconds: number;
}

export interface OpenLoadResult {
  /** Requests sent. */
  readonly offered: number;
  /** Arrivals for which no connection was free. */
  readonly unsent: number;
  /** Answers 201 while orders arrived, and after that. */
  readonly placed: number;
  readonly placedLater: number;
  /** Answers 429 and 503. */
  readonly refused: number;
  /** Of these, how many did not say when to come back. */
  readonly refusedWithoutRetryAfter: number;
  /** Any other answer, by status. */
  readonly others: Readonly<Record<string, number>>;
  /** Requests without an answer. */
  readonly errors: number;
  readonly seconds: number;
  /** Of the answers 201, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the refusals. */
  readonly refusedP99Ms: number;
}

/** Arrivals come in groups so far apart: fine enough beside answers that take tens of milliseconds. */
const tickMs = 5;
const connectionsAtOnce = 100;
/** Longer than any wait of the gateway. */
const answeredWithinMs = 40_000;

export async function arrive(options: OpenLoadOptions): Promise<OpenLoadResult> {
  const { url, connections, ratePerSecond, seconds } = options;
  const tally = new Tally();
  const requests = requestsOf(options);
  const free: RawConnection[] = [];
  const all = Array.from({ length: connections }, () => new RawConnection(new URL(url)));
  // A listening socket's queue holds some hundred new connections; whoever does not fit in waits for seconds.
  while (free.length < all.length) {
    const next = all.slice(free.length, free.length + connectionsAtOnce);
    await Promise.all(next.map((connection) => connection.open()));
    free.push(...next);
  }
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  let arrived = 0;
  for (let now = startedAt; now < endsAt; now = performance.now()) {
    const due = Math.floor(((now - startedAt) / 1000) * ratePerSecond);
    for (; arrived < due; arrived += 1) {
      const connection = free.pop();
      if (connection === undefined) tally.unsent += 1;
      else send(connection, requests[arrived % requests.length] as Buffer, tally, free);
    }
    await wait(tickMs);
  }
  const took = (performance.now() - startedAt) / 1000;
  tally.over = true;
  const answeredBy = performance.now() + answeredWithinMs;
  while (free.length < connections && performance.now() < answeredBy) await wait(tickMs * 10);
  for (const connection of all) connection.close();
  return tally.result(took);
}

/** Counts answers. */
class Tally {
  offered = 0;
  unsent = 0;
  over = false;
  errors = 0;
  withoutRetryAfter = 0;
  placed = 0;
  placedLater = 0;
  readonly others: Record<string, number> = {};
  readonly placedMs: number[] = [];
  readonly refusedMs: number[] = [];

  answered(head: AnswerHead | undefined, ms: number): void {
    const { status, hasRetryAfter } = head ?? { status: 0, hasRetryAfter: false };
    if (head === undefined) this.errors += 1;
    else if (status === 201) {
      this.placedMs.push(ms);
      if (this.over) this.placedLater += 1;
      else this.placed += 1;
    } else if (status === 429 || status === 503) {
      this.refusedMs.push(ms);
      if (!hasRetryAfter) this.withoutRetryAfter += 1;
    } else this.others[status] = (this.others[status] ?? 0) + 1;
  }

  result(seconds: number): OpenLoadResult {
    return {
      offered: this.offered,
      unsent: this.unsent,
      placed: this.placed,
      placedLater: this.placedLater,
      refused: this.refusedMs.length,
      refusedWithoutRetryAfter: this.withoutRetryAfter,
      others: this.others,
      errors: this.errors,
      seconds,
      p50Ms: percentile(this.placedMs, 0.5),
      p99Ms: percentile(this.placedMs, 0.99),
      refusedP99Ms: percentile(this.refusedMs, 0.99),
    };
  }
}

/** Made beforehand, so that the load generator takes as little of the machine as it can. */
const requestsMade = 4_096;

function requestsOf({ url, tokens, productIds }: OpenLoadOptions): Buffer[] {
  return Array.from({ length: requestsMade }, (_, index) => {
    const token = tokens[index % tokens.length] ?? "";
    return postOf(new URL(url), "/orders", token, orderBody({ shape: "spread", productIds }));
  });
}

function send(connection: RawConnection, request: Buffer, tally: Tally, free: RawConnection[]): void {
  const sentAt = performance.now();
  tally.offered += 1;
  connection.send(request, (head) => {
    tally.answered(head, performance.now() - sentAt);
    free.push(connection);
  });
}
