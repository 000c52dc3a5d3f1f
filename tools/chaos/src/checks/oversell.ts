import { setTimeout as wait } from "node:timers/promises";
import { check } from "../check";
import { claimInvariants } from "../invariants/verdict";
import { openUnderLoad } from "../load/under-load";

export const oversell = check({
  name: "oversell",
  number: 8,
  about: "1,000 in stock, 64 clients, many more attempts than stock, kills: exactly 1,000 sold.",
  sizes: {
    reduced: { stock: 1_000, attempts: 3_000, kills: 3, pauseMs: 1_000 },
    full: { stock: 1_000, attempts: 20_000, kills: 30, pauseMs: 1_000 },
    hunt: { stock: 60, attempts: 200, kills: 0, pauseMs: 0 },
  },
  run: async (ground) => {
    const { size, random, record, say } = ground;
    const { stock } = size;
    const { arena, load, products } = await openUnderLoad(ground, {
      arena: { instances: { inventory: 2 }, env: { COMMANDS_BY: "all" } },
      ...{ buyersCount: 8, stocked: [{ stock }], clients: 64, cancelled: 0, operationsMax: size.attempts },
    });
    const faults = random.fork("faults");
    let isOver = false;
    void load.ended.then(() => {
      isOver = true;
    });
    for (let kills = 0; kills < size.kills && !isOver; kills++) {
      await wait(size.pauseMs);
      const victim = faults.pick(["inventory", "inventory-2", "orders", "billing", "nats"] as const);
      say(`kill -9 ${victim}; ${load.operations.length} tried, ${load.settled} settled`);
      await arena.killAndWait(victim);
    }
    await load.ended;
    await claimInvariants(arena, record, [load]);
    const sold = load.operations.filter(({ outcome }) => outcome === "placed").length;
    const refused = load.operations.filter(
      ({ outcome, code }) => outcome === "refused" && code === "insufficient_stock",
    );
    const [row] = await arena.sql<{ sold: number; reserved: string }>(
      `select (select coalesce(sum(quantity), 0)::int from orders.order_lines l join orders.orders o on o.id = l.order_id
         where o.status = 'PENDING' and l.product_id = $1) as sold,
         (select reserved from inventory.levels where product_id = $1) as reserved`,
      products,
    );
    const figure = `${load.operations.length} attempts: ${row?.sold} sold (${sold} acknowledged), ${refused.length} refused`;
    record.claim(`exactly ${stock} are sold`, row?.sold === stock && Number(row.reserved) === stock, figure);
  },
});
