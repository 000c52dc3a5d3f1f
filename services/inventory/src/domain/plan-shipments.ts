import { costOf, type Draw, drawBatches, type OpenBatch } from "./draw-batches";
import { sumByProduct } from "./piece";

export interface HeldLine {
  orderId: string;
  lineNo: number;
  productId: number;
  locationId: string;
  /** What is still held of it: reserved and not consumed. */
  quantity: number;
}

export interface ShipmentAsk {
  orderId: string;
  shipmentId: string;
  /** All that the order still holds when absent. */
  lines?: readonly { productId: number; quantity: number }[] | undefined;
}

/** What leaves one location: it becomes one movement. */
export interface Exit {
  productId: number;
  locationId: string;
  quantity: number;
  draws: Draw[];
  unitCostE4: number;
  totalCostE4: number;
}

export interface ShippedLine {
  productId: number;
  quantity: number;
  totalCostE4: number;
}

export type Shipment =
  | { kind: "shipped"; exits: Exit[]; consumed: { orderId: string; lineNo: number; quantity: number }[] }
  | { kind: "insufficient_stock"; lines: { productId: number; requested: number; available: number }[] };

/** What lies at one (product, location), as batches. */
export interface Store {
  isPerishable: boolean;
  batches: OpenBatch[];
}

export const storeKey = (productId: number, locationId: string) => `${productId} ${locationId}`;

/**
 * Decides one shipment of an order and lowers `held` and the batches in `stores` by what it takes, so that the next
 * shipment of the same batch of commands sees what is left. A line asked for is served from the order's held lines in
 * their order.
 */
export function planShipment(
  held: readonly HeldLine[],
  stores: ReadonlyMap<string, Store>,
  { lines }: Pick<ShipmentAsk, "lines">,
): Shipment {
  const holds = new Map(sumByProduct(held).map(({ productId, quantity }) => [productId, quantity]));
  const wanted = sumByProduct(lines ?? held).filter(({ quantity }) => quantity > 0);
  const short = wanted
    .map(({ productId, quantity }) => ({
      productId,
      requested: quantity,
      available: holds.get(productId) ?? 0,
    }))
    .filter(({ requested, available }) => requested > available);
  if (short.length > 0) return { kind: "insufficient_stock", lines: short };
  const consumed = wanted.flatMap((line) => consume(held, line));
  return {
    kind: "shipped",
    exits: exitsOf(consumed, stores),
    consumed: consumed.map(({ orderId, lineNo, quantity }) => ({ orderId, lineNo, quantity })),
  };
}

/** What left per product and what it cost, for the answer. */
export function shippedLines(
  exits: readonly Pick<Exit, "productId" | "quantity" | "totalCostE4">[],
): ShippedLine[] {
  const lines = new Map<number, ShippedLine>();
  for (const { productId, quantity, totalCostE4 } of exits) {
    const line = lines.get(productId) ?? { productId, quantity: 0, totalCostE4: 0 };
    line.quantity += quantity;
    line.totalCostE4 += totalCostE4;
    lines.set(productId, line);
  }
  return [...lines.values()];
}

function consume(held: readonly HeldLine[], wanted: { productId: number; quantity: number }): HeldLine[] {
  const taken: HeldLine[] = [];
  let missing = wanted.quantity;
  for (const line of held) {
    if (line.productId !== wanted.productId) continue;
    const some = Math.min(missing, line.quantity);
    if (some === 0) continue;
    line.quantity -= some;
    missing -= some;
    taken.push({ ...line, quantity: some });
  }
  return taken;
}

function exitsOf(consumed: readonly HeldLine[], stores: ReadonlyMap<string, Store>): Exit[] {
  const sums = new Map<string, { productId: number; locationId: string; quantity: number }>();
  for (const { productId, locationId, quantity } of consumed) {
    const key = storeKey(productId, locationId);
    const sum = sums.get(key) ?? { productId, locationId, quantity: 0 };
    sum.quantity += quantity;
    sums.set(key, sum);
  }
  return [...sums].map(([key, piece]) => {
    const { batches, isPerishable } = stores.get(key) ?? { batches: [], isPerishable: false };
    const draws = drawBatches(batches, piece.quantity, isPerishable);
    return { ...piece, draws, ...costOf(draws) };
  });
}
