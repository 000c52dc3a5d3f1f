import type { ProcessName } from "@quartermaster/stack";
import { check } from "../check";
import { sources } from "../invariants/statements";
import { claimRecovered, openUnderLoad } from "../load/under-load";

/** The database ends a leader's session after 4 s of silence and an idle transaction after 5: well above both, for a busy machine. */
const longestLeaseMs = 15_000;

export const zombies = check({
  name: "zombies",
  number: 5,
  about: "SIGSTOP longer than every lease, then SIGCONT: no stale write is accepted.",
  sizes: {
    reduced: { rounds: [["orders", "inventory", "billing", "audit"]] as ProcessName[][], clients: 8 },
    full: {
      rounds: [
        ["orders"],
        ["inventory"],
        ["billing"],
        ["audit"],
        ["orders", "inventory", "billing", "audit"],
        ["orders-2", "inventory-2", "billing-2", "audit-2"],
        ["nats"],
        ["postgres"],
        ["gateway"],
        ["identity"],
      ] as ProcessName[][],
      clients: 16,
    },
  },
  run: async (ground) => {
    const { size, random, record, say } = ground;
    const scene = await openUnderLoad(ground, {
      arena: { instances: { orders: 2, inventory: 2, billing: 2, audit: 2 } },
      ...{ clients: size.clients, thinkMs: 20, buyersCount: 4, stocked: [{ stock: 1_000_000 }] },
      settledFirst: 100,
    });
    const { arena, load } = scene;
    const fences = async () => {
      const rows = sources.map((one) => `select '${one}' as service, fence from ${one}.relay`);
      return arena.sql<{ service: string; fence: string }>(rows.join(" union all "));
    };
    for (const names of size.rounds) {
      await load.more(100);
      const before = await fences();
      const pausedMs = longestLeaseMs + random.between(2_000, 5_000);
      say(
        `${names.join(", ")} stopped for ${(pausedMs / 1_000).toFixed(1)} s; ${load.settled} operations settled`,
      );
      await arena.pause(names, pausedMs);
      const taken = (await fences()).filter(
        ({ service, fence }) => fence !== before.find((one) => one.service === service)?.fence,
      );
      record.count("leaderships taken over", taken.length);
    }
    const taken = record.report().counts["leaderships taken over"] ?? 0;
    record.claim("somebody else led while the leader slept", taken > 0, `${taken} leaderships taken over`);
    await claimRecovered(ground, scene);
  },
});
