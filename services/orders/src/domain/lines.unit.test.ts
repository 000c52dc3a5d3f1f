import { amountMinorMax } from "@quartermaster/contracts";
import { addUp, priced } from "./lines";

const line = {
  productId: 1,
  quantity: 2,
  sku: "W",
  productName: "Widget",
  unitPriceMinor: 150,
  taxCode: "STANDARD" as const,
};

test("lines of one product become one, in the order in which the products were named", () => {
  const lines = [
    { productId: 2, quantity: 1 },
    { productId: 1, quantity: 4 },
    { productId: 2, quantity: 2 },
  ];
  expect(addUp(lines)).toEqual([
    { productId: 2, quantity: 3 },
    { productId: 1, quantity: 4 },
  ]);
});

test("a line costs quantity times price; a customer's own rate stands before the product's price", () => {
  expect(priced([line])).toEqual({ lines: [{ ...line, lineTotalMinor: 300 }], totalMinor: 300 });
  expect(priced([line], new Map([[1, 99]]))?.totalMinor).toBe(198);
});

test("a sum up to the limit is exact, one beyond it has no price", () => {
  expect(priced([{ ...line, quantity: 1, unitPriceMinor: amountMinorMax }])?.totalMinor).toBe(amountMinorMax);
  const two = [
    { ...line, quantity: 1, unitPriceMinor: amountMinorMax },
    { ...line, quantity: 1, unitPriceMinor: 1 },
  ];
  expect(priced(two)).toBeUndefined();
  expect(priced([{ ...line, quantity: 1_000_000_000, unitPriceMinor: amountMinorMax }])).toBeUndefined();
});
