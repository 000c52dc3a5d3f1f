import { setTimeout as wait } from "node:timers/promises";
import { poll } from "@quartermaster/servers";
import type { Arena } from "../arena/arena";
import type { Buyer } from "../arena/people";
import type { Random } from "../random";
import type { Recorder } from "../report/recorder";
import { Conversations, type Manners } from "./conversations";
import type { Operation, Surprise } from "./operation";

export interface LoadOptions extends Partial<Manners> {
  readonly clients: number;
  readonly buyers: readonly Buyer[];
  readonly products: readonly number[];
  /** Orders ask for 1 up to this many. Default 1. */
  readonly quantityMax?: number;
  /** Of the orders that were placed, from 0 to 1. Default 0.1. */
  readonly cancelled?: number;
  /** The load ends by itself after so many operations; without it, with `stop`. */
  readonly operationsMax?: number;
  /** Pause between two operations of a client, so that a check's faults and not its load fill its time. Default 0. */
  readonly thinkMs?: number;
}

/** Clients that place and cancel orders through whatever happens, and write down all that they know of it. */
export interface Load {
  readonly operations: readonly Operation[];
  readonly surprises: readonly Surprise[];
  /** How many have been settled. */
  readonly settled: number;
  /** Resolves when so many more are settled; throws when that takes longer than `withinMs`. */
  more(count: number, withinMs?: number): Promise<void>;
  /** No new operations; resolves when those under way are settled, or given up. */
  stop(): Promise<void>;
  /** Resolves when `operationsMax` are done. */
  readonly ended: Promise<void>;
}

let loads = 0;

export function startLoad(arena: Arena, random: Random, record: Recorder, options: LoadOptions): Load {
  const { clients, buyers, products, quantityMax = 1, cancelled = 0.1, thinkMs = 0 } = options;
  const { impatient = 0.1, doubled = 0.1, operationsMax = Number.POSITIVE_INFINITY } = options;
  const name = `${random.seed}-${++loads}`;
  const talks = new Conversations(arena, random, record, { impatient, doubled });
  let stopped = false;
  const client = async (buyer: Buyer) => {
    while (!stopped && talks.operations.length < operationsMax) {
      const label = `${name}-${talks.operations.length}`;
      const wanted = { productId: random.pick(products), quantity: random.between(1, quantityMax) };
      const placing: Operation = { label, kind: "place", ...wanted, outcome: "unknown", tries: 0 };
      await talks.carryOut(placing, buyer);
      const { outcome, orderId } = placing;
      if (outcome === "placed" && orderId && random.chance(cancelled))
        await talks.carryOut(
          { label: `${label}-cancel`, kind: "cancel", ...wanted, orderId, outcome: "unknown", tries: 0 },
          buyer,
        );
      if (thinkMs > 0) await wait(thinkMs);
    }
  };
  const lanes = Array.from({ length: clients }, (_, n) => client(buyers[n % buyers.length] as Buyer));
  const ended = Promise.all(lanes).then(() => undefined);
  return {
    operations: talks.operations,
    surprises: talks.surprises,
    get settled() {
      return talks.settled;
    },
    more: async (count, withinMs = 60_000) => {
      const goal = talks.settled + count;
      if (await poll(() => talks.settled >= goal, withinMs, 20)) return;
      const missing = goal - talks.settled;
      throw new Error(`${missing} of ${count} operations were not settled within ${withinMs / 1_000} s`);
    },
    stop: async () => {
      stopped = true;
      await ended;
    },
    ended,
  };
}
