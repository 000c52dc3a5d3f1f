import { setTimeout as wait } from "node:timers/promises";
import { check } from "../check";
import { claimInvariants } from "../invariants/verdict";
import { startLoad } from "../load/load";

export const gapless = check({
  name: "gapless",
  number: 9,
  about: "32 writers of documents, with aborts, duplicates and kills: no gap, no duplicate number.",
  sizes: {
    reduced: { attempts: 1_500, kills: 4, pauseMs: 800 },
    full: { attempts: 50_000, kills: 60, pauseMs: 1_500 },
    hunt: { attempts: 400, kills: 2, pauseMs: 800 },
  },
  run: async ({ size, random, record, say, openArena }) => {
    const arena = await openArena({ instances: { billing: 2 }, env: { COMMANDS_BY: "all" } });
    const buyers = await arena.people.newBuyers(8);
    // Half of the buyers run into their credit limit: a number that was taken for a refused invoice is given back.
    for (const { customerId } of buyers.slice(0, 4))
      await arena.people.asAdmin("PATCH", `/customers/${customerId}`, {
        body: { payment_terms: "CREDIT", credit_limit: 500 },
      });
    const products = [await arena.people.newProduct({ stock: 1_000_000, price: 7 })];
    const load = startLoad(arena, random.fork("load"), record, {
      ...{ clients: 32, buyers, products, quantityMax: 5, operationsMax: size.attempts },
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
