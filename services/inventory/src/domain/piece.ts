/** A quantity of one product at one location. */
export interface Piece {
  productId: number;
  locationId: string;
  quantity: number;
}

/** Quantities of one product added up over locations, in the order in which the products first appear. */
export function sumByProduct(pieces: readonly { productId: number; quantity: number }[]) {
  const sums = new Map<number, number>();
  for (const { productId, quantity } of pieces) sums.set(productId, (sums.get(productId) ?? 0) + quantity);
  return [...sums].map(([productId, quantity]) => ({ productId, quantity }));
}
