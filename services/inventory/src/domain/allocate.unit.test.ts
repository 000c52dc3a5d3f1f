import fc from "fast-check";
import { allocate, type Shelf, type ShelfLevel } from "./allocate";

const product = (id: number, levels: ShelfLevel[]) =>
  [
    id,
    { id, sku: `SKU-${id}`, name: `Product ${id}`, priceMinor: 100, taxCode: "STANDARD" as const, levels },
  ] as const;
const level = (code: string, available: number): ShelfLevel => ({
  locationId: `at-${code}`,
  code,
  available,
});
const none = new Set<string>();
const order = (lines: [number, number][], location?: string) => ({
  orderId: "order",
  lines: lines.map(([productId, quantity]) => ({ productId, quantity })),
  location,
});

test("first come, first served: the last item goes to the first order of the batch", () => {
  const shelf: Shelf = new Map([product(1, [level("A", 1)])]);
  expect(allocate(shelf, none, [order([[1, 1]]), order([[1, 1]])])).toEqual([
    { kind: "held", pieces: [{ productId: 1, locationId: "at-A", quantity: 1 }] },
    { kind: "insufficient_stock", lines: [{ productId: 1, requested: 1, available: 0 }] },
  ]);
});

test("an order that is short of one line leaves all of it to the next", () => {
  const shelf: Shelf = new Map([product(1, [level("A", 5)]), product(2, [])]);
  expect(
    allocate(shelf, none, [
      order([
        [1, 5],
        [2, 1],
      ]),
      order([[1, 5]]),
    ]),
  ).toEqual([
    { kind: "insufficient_stock", lines: [{ productId: 2, requested: 1, available: 0 }] },
    { kind: "held", pieces: [{ productId: 1, locationId: "at-A", quantity: 5 }] },
  ]);
});

test("without a wish a line comes from one location that has enough, else from several in order of code", () => {
  const shelf: Shelf = new Map([product(1, [level("A", 2), level("B", 4), level("C", 9)])]);
  expect(allocate(shelf, none, [order([[1, 3]]), order([[1, 11]])])).toEqual([
    { kind: "held", pieces: [{ productId: 1, locationId: "at-B", quantity: 3 }] },
    {
      kind: "held",
      pieces: [
        { productId: 1, locationId: "at-A", quantity: 2 },
        { productId: 1, locationId: "at-B", quantity: 1 },
        { productId: 1, locationId: "at-C", quantity: 8 },
      ],
    },
  ]);
});

test("the location asked for comes first, and the rest from one that has enough", () => {
  const shelf: Shelf = new Map([product(1, [level("A", 2), level("B", 4), level("C", 9)])]);
  expect(allocate(shelf, new Set(["B"]), [order([[1, 10]], "B"), order([[1, 1]], "Z")])).toEqual([
    {
      kind: "held",
      pieces: [
        { productId: 1, locationId: "at-B", quantity: 4 },
        { productId: 1, locationId: "at-C", quantity: 6 },
      ],
    },
    { kind: "unknown_location", location: "Z" },
  ]);
});

test("lines of one product are added up, unknown products are named", () => {
  const shelf: Shelf = new Map([product(1, [level("A", 3)])]);
  expect(
    allocate(shelf, none, [
      order([
        [1, 2],
        [1, 2],
      ]),
      order([
        [8, 1],
        [1, 1],
        [9, 1],
      ]),
    ]),
  ).toEqual([
    { kind: "insufficient_stock", lines: [{ productId: 1, requested: 4, available: 3 }] },
    { kind: "unknown_product", lines: [{ productId: 8 }, { productId: 9 }] },
  ]);
});

const anyLevels = fc.array(fc.nat(20), { maxLength: 4 }).map((some) => some.map((n, i) => level(`L${i}`, n)));
const anyOrder = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 25 })), {
    minLength: 1,
    maxLength: 3,
  })
  .chain((lines) => fc.option(fc.constantFrom("L0", "L1"), { nil: undefined }).map((at) => order(lines, at)));

test("no level is ever given out twice, each order gets all or nothing, and nobody is refused without need", () => {
  fc.assert(
    fc.property(fc.array(anyLevels, { minLength: 3, maxLength: 3 }), fc.array(anyOrder), (levels, orders) => {
      const shelf: Shelf = new Map(levels.map((some, n) => product(n + 1, some)));
      const before = structuredClone(shelf);
      const left = new Map<string, number>(
        levels.flatMap((some, n) =>
          some.map((one) => [`${n + 1} ${one.locationId}`, one.available] as const),
        ),
      );
      const leftOf = (productId: number) =>
        [...left].reduce((sum, [key, n]) => sum + (key.startsWith(`${productId} `) ? n : 0), 0);
      for (const [n, allocation] of allocate(shelf, new Set(["L0", "L1"]), orders).entries()) {
        const wanted = new Map<number, number>();
        for (const { productId, quantity } of orders[n]?.lines ?? []) {
          wanted.set(productId, (wanted.get(productId) ?? 0) + quantity);
        }
        const enough = [...wanted].every(([productId, quantity]) => leftOf(productId) >= quantity);
        expect(allocation.kind).toBe(enough ? "held" : "insufficient_stock");
        if (allocation.kind !== "held") continue;
        for (const { productId, locationId, quantity } of allocation.pieces) {
          const key = `${productId} ${locationId}`;
          expect(quantity).toBeGreaterThan(0);
          expect(left.get(key)).toBeGreaterThanOrEqual(quantity);
          left.set(key, (left.get(key) ?? 0) - quantity);
          wanted.set(productId, (wanted.get(productId) ?? 0) - quantity);
        }
        expect([...wanted.values()].every((missing) => missing === 0)).toBe(true);
      }
      expect(shelf).toEqual(before);
    }),
  );
});
