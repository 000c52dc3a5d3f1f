import { poll } from "@quartermaster/servers";
import type { Arena } from "../arena/arena";
import type { Buyer } from "../arena/people";
import type { Load } from "../load/load";
import type { Recorder } from "../report/recorder";
import { figures, untilSettled, violations } from "./checker";
import { wrongEffects } from "./effects";

/** I6: the first new order has five seconds from the end of the faults. */
const firstOrderWithinMs = 5_000;

/** Places one order of what is never sold out, again and again until it passes: whether it did in time. */
async function orderPasses(
  arena: Arena,
  buyer: Buyer,
  productId: number,
  withinMs: number,
): Promise<boolean> {
  const body = { items: [{ product_id: productId, quantity: 1 }] };
  const until = performance.now() + withinMs;
  const passed = await poll(
    async () => {
      const { status } = await arena.http.ask("POST", "/orders", {
        token: buyer.token,
        body,
        timeoutMs: Math.max(until - performance.now(), 1),
      });
      return status === 201;
    },
    withinMs,
    50,
  );
  return passed === true && performance.now() <= until;
}

/**
 * Waits for the platform to settle, and claims I1 to I6 with their figures. Its minute began `goneMs` ago, with the end of the
 * faults; where the load went on after them, it begins with the load's end.
 */
export async function claimInvariants(
  arena: Arena,
  record: Recorder,
  loads: readonly Pick<Load, "operations" | "surprises">[],
  goneMs = 0,
) {
  const { settleMs } = arena.patience;
  const settled = await untilSettled(arena.sql, Math.max(settleMs - goneMs, 0));
  const isSettled = typeof settled === "number";
  record.claim(
    `I6 nothing is unfinished ${settleMs / 1_000} s after the faults`,
    isSettled,
    isSettled ? `settled after ${((goneMs + settled) / 1_000).toFixed(1)} s` : settled,
  );
  const found = await violations(arena.sql);
  const sizes = await figures(arena.sql);
  const saying = {
    I1: "I1 stock adds up, nothing is negative",
    I2: "I2 each placed order has one invoice, each rejected one none, and no stock",
    I3: "I3 documents run from 1 to n, dates do not go back",
    I6: "I6 no saga and its order contradict each other",
    I5: "I5 the audit has every event once, and its chain verifies",
  };
  for (const [invariant, says] of Object.entries(saying) as [keyof typeof saying, string][]) {
    const wrong = found.filter((one) => one.invariant === invariant);
    record.claim(says, wrong.length === 0, wrong.length === 0 ? sizes[invariant] : sentences(wrong));
  }
  const unsaid = found.filter((one) => one.invariant === "I4").map(({ says }) => says);
  if (loads.length === 0)
    return record.claim("I4 what happened was said once", unsaid.length === 0, unsaid.join("; ") || sizes.I5);
  const operations = loads.flatMap((load) => load.operations);
  const wrong = [...(await wrongEffects(arena.sql, operations)), ...unsaid];
  const known = operations.filter(({ outcome }) => outcome !== "unknown").length;
  const figure = `${operations.length} tried, ${known} acknowledged, ${operations.length - known} unknown`;
  record.claim(
    "I4 each acknowledged operation has its effect once",
    wrong.length === 0,
    wrong.length === 0 ? figure : wrong.slice(0, 5).join("; "),
  );
  const asking = operations.filter(({ abandoned }) => !abandoned);
  const untold = asking.filter(({ outcome }) => outcome === "unknown");
  record.claim(
    "whoever asks again under its key is told the outcome",
    untold.length === 0,
    untold.length === 0
      ? `${asking.length} clients`
      : `${untold.length} were not, such as ${untold[0]?.label}`,
  );
  const surprises = loads.flatMap((load) => load.surprises);
  record.claim(
    "no answer that must not be",
    surprises.length === 0,
    surprises.length === 0
      ? "none"
      : surprises
          .slice(0, 5)
          .map(({ label, says }) => `${label}: ${says}`)
          .join("; "),
  );
  record.count("operations tried", operations.length);
  record.count("operations acknowledged", known);
  record.count("operations unknown", operations.length - known);
}

export async function claimFirstOrder(arena: Arena, record: Recorder, buyer: Buyer, productId: number) {
  const passed = await orderPasses(arena, buyer, productId, firstOrderWithinMs - record.sinceFaults());
  const afterMs = Math.round(record.sinceFaults());
  record.claim(
    `I6 the first new order passes within ${firstOrderWithinMs / 1_000} s of the last fault's end`,
    passed,
    passed ? `after ${afterMs} ms` : `none after ${afterMs} ms`,
  );
}

function sentences(found: readonly { says: string }[]): string {
  return found.map(({ says }) => says).join("; ");
}
