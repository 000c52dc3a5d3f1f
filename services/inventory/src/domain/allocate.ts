import { type Piece, sumByProduct } from "./piece";

/** What can be sold of a product at one location now. */
export interface ShelfLevel {
  locationId: string;
  code: string;
  available: number;
}

/** A product as the order's line is frozen from it, and where it lies: sellable locations in order of code. */
export interface ShelfProduct {
  id: number;
  sku: string;
  name: string;
  priceMinor: number;
  taxCode: "STANDARD" | "ZERO" | "EXEMPT";
  levels: ShelfLevel[];
}

export type Shelf = ReadonlyMap<number, ShelfProduct>;

/** What one order asks for; `location` is the code of the location that it would rather be served from. */
export interface OrderAsk {
  orderId: string;
  lines: readonly { productId: number; quantity: number }[];
  location?: string | undefined;
}

export type Allocation =
  | { kind: "held"; pieces: Piece[] }
  | { kind: "unknown_location"; location: string }
  | { kind: "unknown_product"; lines: { productId: number }[] }
  | { kind: "insufficient_stock"; lines: { productId: number; requested: number; available: number }[] };

/**
 * Decides a whole batch of orders over one shelf: first come, first served, and per order all lines or none. Returns one
 * allocation per order, in order. The shelf itself is left as it was.
 *
 * A line is taken from the location that the order asks for, as far as it goes; the rest from the first single location
 * that has enough of it, else from sellable locations in order of code.
 *
 * @param locations codes of the sellable locations among those that the orders ask for
 */
export function allocate(
  shelf: Shelf,
  locations: ReadonlySet<string>,
  orders: readonly OrderAsk[],
): Allocation[] {
  const left = new Map<number, ShelfLevel[]>();
  for (const [id, { levels }] of shelf) left.set(id, levels.map(copyOf));
  return orders.map((order) => allocateOne(left, locations, order));
}

function copyOf({ locationId, code, available }: ShelfLevel): ShelfLevel {
  return { locationId, code, available };
}

function allocateOne(
  left: ReadonlyMap<number, ShelfLevel[]>,
  locations: ReadonlySet<string>,
  { lines, location }: OrderAsk,
): Allocation {
  if (location !== undefined && !locations.has(location)) return { kind: "unknown_location", location };
  const wanted = sumByProduct(lines);
  const unknown = wanted.filter(({ productId }) => !left.has(productId));
  if (unknown.length > 0) {
    return { kind: "unknown_product", lines: unknown.map(({ productId }) => ({ productId })) };
  }
  const short = wanted.filter(({ productId, quantity }) => quantity > availableOf(left, productId));
  if (short.length > 0) {
    return {
      kind: "insufficient_stock",
      lines: short.map(({ productId, quantity }) => ({
        productId,
        requested: quantity,
        available: availableOf(left, productId),
      })),
    };
  }
  const pieces: Piece[] = [];
  for (const line of wanted) take(left.get(line.productId) ?? [], line, location, pieces);
  return { kind: "held", pieces };
}

function availableOf(left: ReadonlyMap<number, ShelfLevel[]>, productId: number): number {
  let available = 0;
  for (const level of left.get(productId) ?? []) available += level.available;
  return available;
}

/** Takes the line's quantity out of the levels, which together have enough, and adds what it took to `pieces`. */
function take(
  levels: ShelfLevel[],
  { productId, quantity }: { productId: number; quantity: number },
  preferred: string | undefined,
  pieces: Piece[],
): void {
  let missing = quantity;
  const takeFrom = (level: ShelfLevel) => {
    const some = Math.min(missing, level.available);
    if (some === 0) return;
    level.available -= some;
    missing -= some;
    pieces.push({ productId, locationId: level.locationId, quantity: some });
  };
  for (const level of levels) if (level.code === preferred) takeFrom(level);
  const whole = levels.find((level) => level.available >= missing);
  if (whole) takeFrom(whole);
  for (const level of levels) takeFrom(level);
}
