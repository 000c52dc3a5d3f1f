import fc from "fast-check";
import { creditRest } from "./credit-rest";
import { taxOf } from "./tax";

const standard = (baseMinor: number, taxMinor: number) =>
  ({ taxCode: "STANDARD", rateBps: 900, baseMinor, taxMinor }) as const;
const exempt = (baseMinor: number) => ({ taxCode: "EXEMPT", rateBps: 0, baseMinor, taxMinor: 0 }) as const;

test("the first credit note takes back the whole invoice, rate by rate", () => {
  expect(creditRest({ taxes: [standard(15, 1), exempt(700)] }, [])).toEqual({
    taxes: [standard(15, 1), exempt(700)],
    subtotalMinor: 715,
    taxMinor: 1,
    totalMinor: 716,
  });
});

test("after an earlier note only what is left is credited", () => {
  const invoice = { taxes: [standard(1_000, 90), exempt(700)] };
  expect(creditRest(invoice, [{ taxes: [standard(400, 36)] }, { taxes: [exempt(700)] }])).toEqual({
    taxes: [standard(600, 54), exempt(0)],
    subtotalMinor: 600,
    taxMinor: 54,
    totalMinor: 654,
  });
});

test("all notes together give exactly the invoice, however it was split and rounded", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 5 }), (parts) => {
      const whole = parts.reduce((sum, part) => sum + part, 0);
      const invoice = { taxes: [standard(whole, taxOf(whole, 900))] };
      const notes = parts.slice(1).map((part) => ({ taxes: [standard(part, Math.floor((part * 9) / 100))] }));
      const last = creditRest(invoice, notes);
      expect(creditRest(invoice, [...notes, last]).totalMinor).toBe(0);
      expect(last.totalMinor).toBeGreaterThan(0);
    }),
  );
});
