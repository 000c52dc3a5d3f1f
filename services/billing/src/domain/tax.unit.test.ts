import { amountMinorMax } from "@quartermaster/contracts";
import fc from "fast-check";
import { taxesOf, taxOf } from "./tax";

test.each([
  // base, rate, tax: half a cent goes up, less goes down
  [0, 900, 0],
  [1, 900, 0], // 0.09
  [5, 900, 0], // 0.45
  [6, 900, 1], // 0.54
  [50, 900, 5], // 4.5
  [49, 900, 4], // 4.41
  [150, 900, 14], // 13.5
  [90_000, 900, 8_100],
  [91_050, 900, 8_195], // 8,194.5
  [10_000, 0, 0],
  [10_000, 10_000, 10_000],
  [1, 5_000, 1], // 0.5
  [3, 1_250, 0], // 0.375
  [4, 1_250, 1], // 0.5
  [12_345, 725, 895], // 895.0125
  [amountMinorMax, 900, 90_000_000_000], // 89,999,999,999.91
  [999_999_999_950, 9_999, 999_899_999_950], // 999,899,999,950.005: the product is beyond a double's exact integers
])("tax on %i at %i basis points is %i", (baseMinor, rateBps, taxMinor) => {
  expect(taxOf(baseMinor, rateBps)).toBe(taxMinor);
});

test("rounding never moves the tax by more than half a cent, and half a cent only upwards", () => {
  fc.assert(
    fc.property(fc.nat(amountMinorMax), fc.nat(10_000), (baseMinor, rateBps) => {
      const exactE4 = BigInt(baseMinor) * BigInt(rateBps);
      const errorE4 = BigInt(taxOf(baseMinor, rateBps)) * 10_000n - exactE4;
      expect(errorE4 > -5_000n && errorE4 <= 5_000n).toBe(true);
    }),
  );
});

test("tax is rounded once per rate on the sum, not once per line", () => {
  const rates = { STANDARD: 900, ZERO: 0, EXEMPT: 0 };
  const line = (taxCode: "STANDARD" | "ZERO" | "EXEMPT", lineTotalMinor: number) => ({
    taxCode,
    lineTotalMinor,
  });
  const lines = [
    line("STANDARD", 5),
    line("EXEMPT", 700),
    line("STANDARD", 5),
    line("ZERO", 300),
    line("STANDARD", 5),
  ];
  expect(taxesOf(lines, rates)).toEqual([
    { taxCode: "STANDARD", rateBps: 900, baseMinor: 15, taxMinor: 1 },
    { taxCode: "ZERO", rateBps: 0, baseMinor: 300, taxMinor: 0 },
    { taxCode: "EXEMPT", rateBps: 0, baseMinor: 700, taxMinor: 0 },
  ]);
});
