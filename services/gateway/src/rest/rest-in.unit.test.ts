import {
  ChangeProduct,
  CreateProduct,
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
