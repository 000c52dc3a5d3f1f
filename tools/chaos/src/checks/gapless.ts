import { setTimeout as wait } from "node:timers/promises";
import type { Arena } from "../arena/arena";
import type { Buyer } from "../arena/people";
import { check } from "../check";
import { claimInvariants } from "../invariants/verdict";
import { openUnderLoad } from "../load/under-load";

export const gapless = check({
  name: "gapless",
  number: 9,
  about: "32 writers of documents, with aborts, duplicates and kills: no gap, no duplicate number.",
  sizes: {
    reduced: { attempts: 1_500, kills: 4, pauseMs: 800 },
    full: { attempts: 50_000, kills: 60, pauseMs: 1_500 },
    hunt: { attempts: 400, kills: 2, pauseMs: 800 },
  },
  run: async (ground) => {
    const { size, random, record, say } = ground;
    const { arena, load } = await openUnderLoad(ground, {
      arena: { instances: { billing: 2 }, env: { COMMANDS_BY: "all" } },
      ...{ buyersCount: 8, stocked: [{ stock: 1_000_000, price: 7 }], prepare: limitCredit },
      ...{ clients: 32, quantityMax: 5, operationsMax: size.attempts },
      ...{ cancelled: 0.25, impatient: 0.15, doubled: 0.25 },
    });
    const faults = random.fork("faults");
    let isOver = false;
    void load.ended.then(() => {
      isOver = true;
    });
    for (let kills = 0; kills < size.kills && !isOver; kills++) {
      await wait(size.pauseMs);
      const victim = faults.pick(["billing", "billing-2", "postgres", "orders"] as const);
      say(`kill -9 ${victim}; ${load.operations.length} tried, ${load.settled} settled`);
      await arena.killAndWait(victim);
    }
    await load.ended;
    await claimInvariants(arena, record, [load]);
    const refused = load.operations.filter(({ code }) => code === "credit_limit_exceeded").length;
    record.claim("numbers were taken and given back", refused > 0, `${refused} orders refused for credit`);
  },
});

/** Half of the buyers run into their credit limit: a number that was taken for a refused invoice is given back. */
async function limitCredit({ people }: Arena, buyers: readonly Buyer[]): Promise<void> {
  for (const { customerId } of buyers.slice(0, buyers.length / 2))
    await people.asAdmin("PATCH", `/customers/${customerId}`, {
      body: { payment_terms: "CREDIT", credit_limit: 500 },
    });
}
