import { changeProducts, type ProductState, plainDecimal } from "./change-products";

const product = (id: number, sku: string): ProductState => ({
  id,
  sku,
  name: sku,
  description: null,
  category: null,
  unitMeasure: "unit",
  unitValue: "1",
  isPerishable: false,
  expirationDate: null,
  priceMinor: 100,
  suggestedPriceMinor: null,
  taxCode: "STANDARD",
  version: 1,
  stockQuantity: 0,
  createdAt: "2026-01-01T00:00:00.000Z",
  createdBy: "ada",
  updatedAt: "2026-01-01T00:00:00.000Z",
  updatedBy: "ada",
});
const now = "2026-02-01T00:00:00.000Z";
const change = (
  ...asks: { id: number; sku?: string; priceMinor?: number; expectedVersion?: number; unitValue?: string }[]
) =>
  changeProducts(
    new Map([
      [1, product(1, "A")],
      [2, product(2, "B")],
    ]),
    new Map([
      ["A", 1],
      ["B", 2],
    ]),
    asks.map((ask) => ({ ask, by: "bob" })),
    now,
  );

test("two changes of one product in a batch see each other", () => {
  expect(change({ id: 1, priceMinor: 200 }, { id: 1, priceMinor: 300, expectedVersion: 2 })).toEqual([
    {
      kind: "changed",
      product: { ...product(1, "A"), priceMinor: 200, version: 2, updatedAt: now, updatedBy: "bob" },
      old: { priceMinor: 100 },
      new: { priceMinor: 200 },
    },
    {
      kind: "changed",
      product: { ...product(1, "A"), priceMinor: 300, version: 3, updatedAt: now, updatedBy: "bob" },
      old: { priceMinor: 200 },
      new: { priceMinor: 300 },
    },
  ]);
  expect(
    change({ id: 1, priceMinor: 200, expectedVersion: 1 }, { id: 1, priceMinor: 300, expectedVersion: 1 })[1],
  ).toEqual({
    kind: "version_conflict",
    version: 2,
  });
});

test("a SKU that another product has, or took in the batch, is taken, even when it was given up in the batch", () => {
  expect(change({ id: 1, sku: "B" }).map(({ kind }) => kind)).toEqual(["sku_taken"]);
  expect(
    change({ id: 1, sku: "C" }, { id: 2, sku: "C" }, { id: 2, sku: "A" }).map(({ kind }) => kind),
  ).toEqual(["changed", "sku_taken", "sku_taken"]);
});

test("what changes nothing leaves the version as it was", () => {
  expect(change({ id: 1, priceMinor: 100, sku: "A", unitValue: "1.00" })).toEqual([
    { kind: "unchanged", product: product(1, "A") },
  ]);
});

test("decimals have one text each", () => {
  expect(["12.50", "012.5", "0.0001", "999999999.9999", "7"].map(plainDecimal)).toEqual([
    "12.5",
    "12.5",
    "0.0001",
    "999999999.9999",
    "7",
  ]);
});
