import { setTimeout as wait } from "node:timers/promises";
import { serviceNames } from "@quartermaster/servers";
import type { ProcessName } from "@quartermaster/stack";
import { check } from "../check";
import { claimRecovered, openUnderLoad } from "../load/under-load";

const victims: readonly ProcessName[] = [...serviceNames, "nats", "postgres"];

export const killStorm = check({
  name: "kill-storm",
  number: 2,
  about: "kill -9 of services, nats-server and Postgres with all its backends, under load.",
  sizes: {
    reduced: { rounds: 1, clients: 12, pauseMs: 1_200 },
    full: { rounds: 25, clients: 24, pauseMs: 2_500 },
    hunt: { rounds: 2, clients: 12, pauseMs: 300 },
  },
  run: async (ground) => {
    const { size, random, say } = ground;
    const scene = await openUnderLoad(ground, {
      ...{ clients: size.clients, quantityMax: 3, buyersCount: 6 },
      stocked: [1, 2, 3].map(() => ({ stock: 1_000_000 })),
      settledFirst: 100,
    });
    const { arena, load } = scene;
    const faults = random.fork("faults");
    for (let round = 0; round < size.rounds; round++) {
      for (const name of faults.shuffle(victims)) {
        // Every victim is killed at work, not while the platform still recovers from the one before. After the last one
        // nothing is waited for: recovering is timed from then.
        await wait(faults.between(size.pauseMs / 2, size.pauseMs * 1.5));
        await load.more(15);
        say(`kill -9 ${name}; ${load.settled} operations settled`);
        await arena.killAndWait(name);
        // A second victim while the first one is still coming back.
        if (faults.chance(0.3)) await arena.killAndWait(faults.pick(victims));
      }
    }
    await claimRecovered(ground, scene);
  },
});
