/** A lot that still has something. Days are ISO dates; costs integers of 1/10,000. */
export interface OpenBatch {
  id: string;
  available: number;
  unitCostE4: number;
  purchaseDate: string;
  expirationDate: string | null;
}

export interface Draw {
  batchId: string;
  quantity: number;
  unitCostE4: number;
}

/**
 * Takes a quantity out of the batches and lowers their `available`: the oldest purchase first; of perishables what
 * expires first (DOMAIN.md, Stock). Batches that fall together go by id, which is the order of their arrival.
 *
 * @throws Error when the batches hold less than the quantity: levels and batches disagree, which is a defect.
 */
export function drawBatches(batches: readonly OpenBatch[], quantity: number, isPerishable: boolean): Draw[] {
  const draws: Draw[] = [];
  let missing = quantity;
  for (const batch of [...batches].sort(isPerishable ? byExpiration : byAge)) {
    const some = Math.min(missing, batch.available);
    if (some === 0) continue;
    batch.available -= some;
    missing -= some;
    draws.push({ batchId: batch.id, quantity: some, unitCostE4: batch.unitCostE4 });
  }
  if (missing > 0)
    throw new Error(`batches are short of ${missing} out of ${quantity} that the level has on hand`);
  return draws;
}

/** What the draws cost together, and one unit's share of it, rounded half up. Both in 1/10,000. */
export function costOf(draws: readonly Draw[]): { unitCostE4: number; totalCostE4: number } {
  const quantity = draws.reduce((sum, draw) => sum + draw.quantity, 0);
  const totalCostE4 = draws.reduce((sum, draw) => sum + draw.quantity * draw.unitCostE4, 0);
  if (quantity === 0) return { totalCostE4, unitCostE4: 0 };
  // By remainder, not by a quotient with a fraction: exact over the whole range of integers.
  const rest = totalCostE4 % quantity;
  return { totalCostE4, unitCostE4: (totalCostE4 - rest) / quantity + (2 * rest >= quantity ? 1 : 0) };
}

function byAge(one: OpenBatch, other: OpenBatch): number {
  return compare(one.purchaseDate, other.purchaseDate) || compare(one.id, other.id);
}

/** What never expires goes last. ISO dates compare as text, and "~" stands behind every digit. */
function byExpiration(one: OpenBatch, other: OpenBatch): number {
  return compare(one.expirationDate ?? "~", other.expirationDate ?? "~") || byAge(one, other);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
