import fc from "fast-check";
import { toRest, toRestJson } from "./to-rest";

test("message names and minor units become REST names and decimals, at any depth", () => {
  const message = {
    totalAmountMinor: 90_000,
    taxAmountMinor: null,
    unitCostE4: 914_250,
    rateBps: 900,
    items: [{ unitPriceAtPurchaseMinor: 1_999, productName: "Widget" }],
    rejection: { code: "insufficient_stock", details: { orderId: "o" } },
    next: null,
  };
  expect(toRest(message)).toEqual({
    total_amount: 900,
    tax_amount: null,
    unit_cost: 91.425,
    rate_bps: 900,
    items: [{ unit_price_at_purchase: 19.99, product_name: "Widget" }],
    rejection: { code: "insufficient_stock", details: { order_id: "o" } },
    next: null,
  });
});

test("whoever may not see costs sees null in their place", () => {
  const message = { data: [{ quantity: 1, unitPriceMinor: 100, unitCostE4: 5_000, totalCostE4: null }] };
  expect(toRest(message, { costs: false, staff: true })).toEqual({
    data: [{ quantity: 1, unit_price: 1, unit_cost: null, total_cost: null }],
  });
});

test("plain values stay what they are", () => {
  expect([toRest(null), toRest(1), toRest("a"), toRest([]), toRest({})]).toEqual([null, 1, "a", [], {}]);
});

test("an amount that is told as a text is not divided", () => {
  expect(toRest({ lastMinor: "x", note: undefined })).toEqual({ last: "x", note: undefined });
});

test("who wrote a record is hidden at any depth from whom it does not concern", () => {
  const page = { data: [{ createdBy: "Ana", updatedBy: null, changedBy: "Ben", name: "A" }] };
  expect(toRest(page, { costs: true, staff: false })).toEqual({
    data: [{ created_by: null, updated_by: null, changed_by: null, name: "A" }],
  });
});

test("what is not there is left out, at the beginning, in the middle and at the end", () => {
  expect(toRestJson({ a: undefined, b: 1, c: undefined, d: [], e: undefined })).toBe('{"b":1,"d":[]}');
  expect(toRestJson({ a: undefined })).toBe("{}");
});

test("texts are escaped as JSON wants it, whatever is in them", () => {
  const any = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));
  // Halves of surrogate pairs too, which fast-check makes none of.
  const half = fc.integer({ min: 0xd800, max: 0xdfff }).map((code) => String.fromCharCode(code));
  fc.assert(
    fc.property(fc.oneof(any, half), fc.oneof(any, half), (one, other) => {
      expect(toRestJson([one, { text: one + other }])).toBe(JSON.stringify([one, { text: one + other }]));
    }),
  );
});

test("values without names to be changed are the JSON that they were", () => {
  const names = fc.stringMatching(/^[a-z]{1,8}$/);
  const value = fc.jsonValue({ depthSize: "medium" });
  fc.assert(
    fc.property(fc.array(fc.dictionary(names, fc.oneof(fc.integer(), fc.double(), fc.string()))), (rows) => {
      const json = JSON.stringify(rows);
      expect(toRestJson(JSON.parse(json))).toBe(json);
    }),
  );
  fc.assert(fc.property(value, (one) => void JSON.parse(toRestJson(JSON.parse(JSON.stringify(one))))));
});
