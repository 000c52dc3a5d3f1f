import type { Measurement } from "./report";
import { settleMsMax } from "./verdicts";

export interface Counted {
  /** By how many the rows of the target's table have grown. */
  readonly newOrders: number;
  readonly connections: number;
  /** Requests whose answer the end of the load may have cut off. */
  readonly cutOffMax: number;
}

/** Why one load's figures must not count, a sentence each. */
export function doubtsAbout(measured: Measurement, { newOrders, connections, cutOffMax }: Counted): string[] {
  const doubts: string[] = [];
  const failed = Object.values(measured.others).reduce((sum, each) => sum + each, measured.errors);
  if (measured.orders === 0) doubts.push("no order was placed");
  if (failed > connections)
    doubts.push(
      `${failed} requests failed, more than the ${connections} connections that a load may cut off`,
    );
  // A request that failed may have placed its order all the same.
  const most = measured.orders + cutOffMax + failed;
  if (newOrders < measured.orders || newOrders > most)
    doubts.push(`${newOrders} new orders for ${measured.orders} answers 201 (at most ${most} are explained)`);
  if (measured.settleMs > settleMsMax)
    doubts.push(
      `it took ${(measured.settleMs / 1000).toFixed(1)} s after the load until all was recorded; ${settleMsMax / 1000} s are allowed`,
    );
  return doubts;
}
