import type { ProcessName } from "@quartermaster/stack";
import { check } from "../check";
import { claimFirstOrder, claimInvariants } from "../invariants/verdict";
import { startLoad } from "../load/load";

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
  run: async ({ size, random, record, say, openArena }) => {
    const arena = await openArena({ instances: { orders: 2, inventory: 2, billing: 2, audit: 2 } });
    const buyers = await arena.people.newBuyers(4);
    const products = [await arena.people.newProduct({ stock: 1_000_000 })];
    const load = startLoad(arena, random.fork("load"), record, {
      clients: size.clients,
      buyers,
      products,
      thinkMs: 20,
    });
    await load.more(100);
    const fences = async () => {
      const rows = ["orders", "inventory", "billing"].map(
        (one) => `select '${one}' as service, fence from ${one}.relay`,
      );
      return arena.sql<{ service: string; fence: string }>(rows.join(" union all "));
    };
    for (const names of size.rounds) {
      const before = await fences();
      const pausedMs = longestLeaseMs + random.between(2_000, 5_000);
      say(
        `${names.join(", ")} stopped for ${(pausedMs / 1_000).toFixed(1)} s; ${load.settled} operations settled`,
      );
      await arena.pause(names, pausedMs);
      await load.more(100);
      const taken = (await fences()).filter(
        ({ service, fence }) => fence !== before.find((one) => one.service === service)?.fence,
      );
      record.count("leaderships taken over", taken.length);
    }
    await claimFirstOrder(arena, record, buyers[0] as (typeof buyers)[0], products[0] as number);
    await load.stop();
    const taken = record.report().counts["leaderships taken over"] ?? 0;
    record.claim("somebody else led while the leader slept", taken > 0, `${taken} leaderships taken over`);
    await claimInvariants(arena, record, [load]);
  },
});
