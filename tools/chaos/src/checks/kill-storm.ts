import { setTimeout as wait } from "node:timers/promises";
import type { ProcessName } from "@quartermaster/stack";
import { check } from "../check";
import { claimFirstOrder, claimInvariants } from "../invariants/verdict";
import { startLoad } from "../load/load";

const victims: readonly ProcessName[] = [
  "orders",
  "inventory",
  "billing",
  "audit",
  "gateway",
  "identity",
  "nats",
  "postgres",
];

export const killStorm = check({
  name: "kill-storm",
  number: 2,
  about: "kill -9 of services, nats-server and Postgres with all its backends, under load.",
  sizes: {
    reduced: { rounds: 1, clients: 12, pauseMs: 1_200 },
    full: { rounds: 25, clients: 24, pauseMs: 2_500 },
    hunt: { rounds: 2, clients: 12, pauseMs: 300 },
  },
  run: async ({ size, random, record, say, openArena }) => {
    const arena = await openArena();
    const buyers = await arena.people.newBuyers(6);
    const products = await Promise.all([1, 2, 3].map(() => arena.people.newProduct({ stock: 1_000_000 })));
    const load = startLoad(arena, random.fork("load"), record, {
      clients: size.clients,
      buyers,
      products,
      quantityMax: 3,
    });
    await load.more(100);
    const faults = random.fork("faults");
    for (let round = 0; round < size.rounds; round++) {
      for (const name of faults.shuffle(victims)) {
        // Every victim is killed at work, not while the platform still recovers from the one before.
        await load.more(15);
        say(`kill -9 ${name}; ${load.settled} operations settled`);
        await arena.killAndWait(name);
        // A second victim while the first one is still coming back.
        if (faults.chance(0.3)) arena.kill(faults.pick(victims));
        await wait(faults.between(size.pauseMs / 2, size.pauseMs * 1.5));
      }
      await load.more(20);
    }
    await claimFirstOrder(arena, record, buyers[0] as (typeof buyers)[0], products[0] as number);
    await load.stop();
    await claimInvariants(arena, record, [load]);
  },
});
