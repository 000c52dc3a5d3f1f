/** A quantity of one product at one location. */
export interface Piece {
  productId: number;
  locationId: string;
  quantity: number;
}

/** Quantities of one product added up over locations, in the order in which the products first appear. */
export function sumByProduct(pieces: readonly { productId: number; quantity: number }[]) {
  const sums = new Map<number, { productId: number; quantity: number }>();
  for (const { productId, quantity } of pieces) {
    const sum = sums.get(productId);
    if (sum) sum.quantity += quantity;
    else sums.set(productId, { productId, quantity });
  }
  return [...sums.values()];
}
