import fc from "fast-check";
import { costOf, drawBatches, type OpenBatch } from "./draw-batches";
import { planShipment, type Store, shippedLines, storeKey } from "./plan-shipments";

const batch = (
  id: string,
  available: number,
  unitCostE4: number,
  purchaseDate = "2026-01-01",
): OpenBatch => ({
  id,
  available,
  unitCostE4,
  purchaseDate,
  expirationDate: null,
});
const line = (lineNo: number, productId: number, locationId: string, quantity: number) => ({
  orderId: "order",
  lineNo,
  productId,
  locationId,
  quantity,
});

test("a shipment of part of a line goes through its places in order, and leaves the rest held", () => {
  const held = [line(1, 7, "A", 2), line(2, 7, "B", 3), line(3, 8, "A", 1)];
  const stores = new Map<string, Store>([
    [storeKey(7, "A"), { isPerishable: false, batches: [batch("a", 2, 10)] }],
    [
      storeKey(7, "B"),
      { isPerishable: false, batches: [batch("b2", 9, 30, "2026-02-01"), batch("b1", 1, 20)] },
    ],
  ]);
  const shipment = planShipment(held, stores, { lines: [{ productId: 7, quantity: 4 }] });
  expect(shipment).toEqual({
    kind: "shipped",
    consumed: [
      { orderId: "order", lineNo: 1, quantity: 2 },
      { orderId: "order", lineNo: 2, quantity: 2 },
    ],
    exits: [
      {
        productId: 7,
        locationId: "A",
        quantity: 2,
        draws: [{ batchId: "a", quantity: 2, unitCostE4: 10 }],
        unitCostE4: 10,
        totalCostE4: 20,
      },
      {
        productId: 7,
        locationId: "B",
        quantity: 2,
        draws: [
          { batchId: "b1", quantity: 1, unitCostE4: 20 },
          { batchId: "b2", quantity: 1, unitCostE4: 30 },
        ],
        unitCostE4: 25,
        totalCostE4: 50,
      },
    ],
  });
  expect(held.map(({ quantity }) => quantity)).toEqual([0, 1, 1]);
  if (shipment.kind !== "shipped") throw new Error("not shipped");
  expect(shippedLines(shipment.exits)).toEqual([{ productId: 7, quantity: 4, totalCostE4: 70 }]);
});

test("more than an order holds is refused, and takes nothing", () => {
  const held = [line(1, 7, "A", 2)];
  expect(
    planShipment(held, new Map(), {
      lines: [
        { productId: 7, quantity: 3 },
        { productId: 8, quantity: 1 },
      ],
    }),
  ).toEqual({
    kind: "insufficient_stock",
    lines: [
      { productId: 7, requested: 3, available: 2 },
      { productId: 8, requested: 1, available: 0 },
    ],
  });
  expect(held).toEqual([line(1, 7, "A", 2)]);
});

test("batches that hold less than the level are a defect", () => {
  expect(() => drawBatches([batch("a", 2, 10)], 3, false)).toThrow("short of 1 out of 3");
});

test("a unit's cost is its share of the total, rounded half up", () => {
  const cost = (...parts: [number, number][]) =>
    costOf(parts.map(([quantity, unitCostE4]) => ({ batchId: "a", quantity, unitCostE4 })));
  expect(cost([1, 1], [1, 2])).toEqual({ totalCostE4: 3, unitCostE4: 2 });
  expect(cost([2, 1], [1, 2])).toEqual({ totalCostE4: 4, unitCostE4: 1 });
  expect(cost([1, 9_007_199_254_740_990], [1, 1])).toEqual({
    totalCostE4: 9_007_199_254_740_991,
    unitCostE4: 4_503_599_627_370_496,
  });
});

test("a draw takes exactly what is asked, and nothing younger while something older is left", () => {
  const batches = fc.array(
    fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 28 })).map(([available, day]) => ({
      available,
      purchaseDate: `2026-01-${String(day).padStart(2, "0")}`,
    })),
    { minLength: 1 },
  );
  fc.assert(
    fc.property(batches, fc.double({ min: 0, max: 1, noNaN: true }), (some, share) => {
      const open = some.map((one, n) => ({ ...batch(`batch-${n}`, one.available, n), ...one }));
      const whole = open.reduce((sum, { available }) => sum + available, 0);
      const quantity = Math.floor(whole * share);
      const draws = drawBatches(open, quantity, false);
      expect(draws.reduce((sum, draw) => sum + draw.quantity, 0)).toBe(quantity);
      const drawn = open.filter(({ id }) => draws.some(({ batchId }) => batchId === id));
      const youngest =
        drawn
          .map(({ purchaseDate }) => purchaseDate)
          .sort()
          .at(-1) ?? "";
      expect(open.filter(({ available, purchaseDate }) => available > 0 && purchaseDate < youngest)).toEqual(
        [],
      );
    }),
  );
});
