import { wrongAnswers } from "./findings";
import type { Measurement } from "./report";
import { settleMsMax } from "./verdicts";

export interface Counted {
  /** By how many the rows of the target's table have grown. */
  readonly newOrders: number;
  /** Requests whose answer the end of the load may have cut off: one per connection. */
  readonly cutOffMax: number;
}

/** Why one load's figures must not count, a sentence each. */
export function doubtsAbout(measured: Measurement, { newOrders, cutOffMax }: Counted): string[] {
  const { orders, errors, settleMs } = measured;
  const doubts = wrongAnswers(measured);
  if (orders === 0) doubts.push("no order was placed");
  if (errors > cutOffMax)
    doubts.push(`${errors} requests had no answer, more than the ${cutOffMax} that the end may cut off`);
  // Whoever was cut off may have placed an order all the same.
  if (newOrders < orders || newOrders > orders + cutOffMax)
    doubts.push(
      `${newOrders} new orders for ${orders} answers 201 (at most ${orders + cutOffMax} are explained)`,
    );
  if (settleMs > settleMsMax)
    doubts.push(
      `it took ${(settleMs / 1000).toFixed(1)} s after the load until all was recorded; ${settleMsMax / 1000} s are allowed`,
    );
  return doubts;
}
