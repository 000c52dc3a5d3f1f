import {
  ChangeProduct,
  CreateProduct,
  ListOrders,
  ListProducts,
  ListStock,
  OpenCustomer,
  PlaceOrder,
} from "@quartermaster/contracts";
import fc from "fast-check";
import { z } from "zod";
import { fieldErrors } from "./issues";
import { restIn } from "./rest-in";
import { toRest } from "./to-rest";

const CreateProductIn = restIn(CreateProduct.ask);
const PlaceOrderIn = restIn(PlaceOrder.ask);

const wrong = (schema: z.ZodType, input: unknown) => {
  const parsed = schema.safeParse(input);
  return parsed.success ? [] : fieldErrors(parsed.error, input, "body").map(({ message }) => message);
};

test("REST names and decimals become the message's names and minor units", () => {
  expect(
    CreateProductIn.parse({
      sku: "A",
      name: "Widget",
      price: 150,
      unit_cost: "91.4250",
      suggested_price: null,
    }),
  ).toEqual({
    sku: "A",
    name: "Widget",
    priceMinor: 15_000,
    unitCostE4: 914_250,
    suggestedPriceMinor: null,
    stockQuantity: 0,
  });
});

test("a field that is absent stays absent, so that a change touches only what it names", () => {
  expect(restIn(ChangeProduct.ask).parse({ id: 1, price: "0.29" })).toEqual({ id: 1, priceMinor: 29 });
});

test.each([
  [19.99, 1_999],
  ["19.99", 1_999],
  ["19.9", 1_990],
  [0.29, 29],
  [1e2, 10_000],
  ["0", 0],
  [-0, 0],
  [9_999_999_999.99, 999_999_999_999],
])("the price %p is %p minor units", (price, minor) => {
  expect(CreateProductIn.parse({ sku: "A", name: "B", price })).toMatchObject({ priceMinor: minor });
});

test.each([
  [19.999, "price must have at most 2 decimal places."],
  ["19.999", "price must have at most 2 decimal places."],
  [1e-7, "price must have at most 2 decimal places."],
  [-1, "price must be between 0 and 9999999999.99."],
  [10_000_000_000, "price must be between 0 and 9999999999.99."],
  [1e30, "price is too large."],
  [Number.POSITIVE_INFINITY, "price must be a decimal number, such as 19.99."],
  ["1e2", "price must be a decimal number, such as 19.99."],
  ["12,50", "price must be a decimal number, such as 19.99."],
  ["", "price must be a decimal number, such as 19.99."],
  ["9".repeat(100), "price must be a decimal number."],
  [null, "price must be a decimal number."],
  [true, "price must be a decimal number."],
  [{}, "price must be a decimal number."],
  [undefined, "price is required."],
])("the price %p is refused: %s", (price, message) => {
  expect(wrong(CreateProductIn, { sku: "A", name: "B", price })).toEqual([message]);
});

test("what is wrong is told in REST names, each field with a sentence", () => {
  const input = { items: [{ product_id: "1", quantity: 0, color: "red" }, {}], note: "x", customer_id: "me" };
  expect(wrong(PlaceOrderIn, input)).toEqual([
    "items[0].product_id must be a number.",
    "items[0].quantity must be at least 1.",
    "items[0].color is not a field of this request.",
    "items[1].product_id is required.",
    "items[1].quantity is required.",
    "customer_id must be a UUID.",
    "note is not a field of this request.",
  ]);
});

test.each([
  [{ items: [] }, "items must have at least 1 entry."],
  [{ items: {} }, "items must be a list."],
  [{}, "items is required."],
  [{ items: [{ product_id: 1, quantity: 1e300 }] }, "items[0].quantity must be at most 1000000000."],
  [{ items: [{ product_id: 1, quantity: JSON.parse("1e400") }] }, "items[0].quantity must be a number."],
  [{ items: [{ product_id: 1, quantity: 1.5 }] }, "items[0].quantity must be a whole number."],
  [
    { items: [{ product_id: 1, quantity: 1 }], notes: "x".repeat(2_001) },
    "notes must have at most 2000 characters.",
  ],
])("an order like %j is refused: %s", (input, message) => {
  expect(wrong(PlaceOrderIn, input)).toEqual([message]);
});

test("a list beyond its length is refused without a look at its entries", () => {
  let looked = 0;
  const entry = z.int().refine(() => {
    looked += 1;
    return true;
  });
  const schema = restIn(z.object({ items: z.array(entry).min(1).max(3) }));
  expect(wrong(schema, { items: Array.from({ length: 50_000 }, () => 1) })).toEqual([
    "items must have at most 3 entries.",
  ]);
  expect(looked).toBe(0);
  expect(schema.parse({ items: [1, 2, 3] })).toEqual({ items: [1, 2, 3] });
});

test("decimals that are kept as text may arrive as JSON numbers; an old document type is understood", () => {
  const sent = { name: "A", document_type: "OTRO", last_meter_reading: 12.5 };
  expect(restIn(OpenCustomer.ask).parse(sent)).toEqual({
    name: "A",
    documentType: "OTHER",
    lastMeterReading: "12.5",
  });
  const product = { sku: "A", name: "B", price: 1, unit_value: 0.25 };
  expect(CreateProductIn.parse(product)).toMatchObject({ unitValue: "0.25" });
  for (const unit_value of [-1, 1e21, 1.23456, Number.NaN, true])
    expect(wrong(CreateProductIn, { ...product, unit_value })).toHaveLength(1);
  expect(wrong(restIn(OpenCustomer.ask), { name: "A", document_type: "PASSPORT" })).toEqual([
    "document_type must be one of RUC, DNI, TAX_ID, OTHER.",
  ]);
});

test("an id is one id in either case; a year that Postgres does not have is refused", () => {
  const query = restIn(ListOrders.ask);
  const id = "019A2B3C-0000-7000-8000-0000000000A1";
  expect(query.parse({ customer_id: id })).toMatchObject({ customerId: id.toLowerCase() });
  expect(wrong(query, { from: "0000-01-01T00:00:00Z" })).toEqual(["from must be in the year 0001 or later."]);
  expect(wrong(query, { from: `2026-01-01T00:00:00.${"1".repeat(30)}Z` })).toEqual([
    "from must have at most 35 characters.",
  ]);
  expect(wrong(CreateProductIn, { sku: "A", name: "B", price: 1, expiration_date: "0000-01-01" })).toEqual([
    "expiration_date must be in the year 0001 or later.",
  ]);
});

test("names of objects' own machinery are fields that nobody asked for, or nothing", () => {
  for (const text of [
    '{"__proto__":{"admin":true}}',
    '{"constructor":1}',
    '{"toString":1}',
    '{"prototype":{}}',
  ]) {
    const parsed = CreateProductIn.safeParse({ sku: "A", name: "B", price: 1, ...JSON.parse(text) });
    expect((parsed.data as { admin?: boolean } | undefined)?.admin).toBeUndefined();
  }
  expect(wrong(CreateProductIn, JSON.parse('{"sku":"A","name":"B","price":1,"constructor":1}'))).toEqual([
    "constructor is not a field of this request.",
  ]);
  expect(({} as { admin?: boolean }).admin).toBeUndefined();
});

test("a thousand unknown fields are answered with twenty sentences", () => {
  const input = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`f${n}`, n]));
  expect(wrong(CreateProductIn, input)).toHaveLength(20);
});

test("query strings are read by the same rules", () => {
  const query = restIn(ListProducts.ask);
  expect(query.parse({ limit: "10", in_stock: "true" })).toEqual({ limit: 10, inStock: true });
  expect(query.parse({})).toEqual({ limit: 50 });
  expect(wrong(query, { in_stock: "maybe" })).toEqual(["in_stock must be true or false."]);
  expect(wrong(query, { limit: "201" })).toEqual(["limit must be at most 200."]);
  expect(wrong(query, { inStock: "true" })).toEqual(["inStock is not a field of this request."]);
  expect(wrong(restIn(ListStock.ask), { product_id: "x" })).toEqual(["product_id must be a number."]);
});

test("a schema that has no REST form is refused when the gateway starts", () => {
  expect(() => restIn(z.object({ tags: z.set(z.string()) }))).toThrow("no REST form");
  expect(() => restIn(z.object({ price: z.string(), priceMinor: z.int() }))).toThrow(
    "two fields are called price",
  );
});

const amount = fc.integer({ min: 0, max: 999_999_999_999 });

test("every amount survives the way out and in again, as a number and as a string", () => {
  fc.assert(
    fc.property(amount, fc.boolean(), (creditLimitMinor, asText) => {
      const rest = toRest({ name: "A", creditLimitMinor }) as { name: string; credit_limit: number };
      const sent = JSON.parse(
        JSON.stringify(asText ? { ...rest, credit_limit: rest.credit_limit.toFixed(2) } : rest),
      );
      expect(restIn(OpenCustomer.ask).parse(sent)).toEqual({ name: "A", creditLimitMinor });
    }),
  );
});

test("every unit cost survives the way out and in again", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 99_999_999_999_900 }), (unitCostE4) => {
      const sent = JSON.parse(JSON.stringify(toRest({ sku: "A", name: "B", priceMinor: 1, unitCostE4 })));
      expect(CreateProductIn.parse(sent)).toMatchObject({ unitCostE4 });
    }),
  );
});

const lines = fc.array(
  fc.record({
    productId: fc.integer({ min: 1, max: 2_147_483_647 }),
    quantity: fc.integer({ min: 1, max: 1e9 }),
  }),
  { minLength: 1, maxLength: 20 },
);

test("every order survives the way out and in again", () => {
  fc.assert(
    fc.property(lines, fc.option(fc.uuid({ version: 7 }), { nil: undefined }), (items, customerId) => {
      const ask = PlaceOrder.ask.parse({ items, ...(customerId ? { customerId } : {}) });
      expect(PlaceOrderIn.parse(JSON.parse(JSON.stringify(toRest(ask))))).toEqual(ask);
    }),
  );
});

test("whatever JSON comes in, reading it never throws, and the sentences name fields", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (input) => {
      for (const message of wrong(PlaceOrderIn, input)) expect(message).toMatch(/^\S.*\.$/s);
    }),
  );
});
