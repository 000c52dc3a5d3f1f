import { randomUUID } from "node:crypto";
import { type Answer, type Asking, asProblem, problem } from "./support/api";
import { type Buyer, type Journey, openJourney, unique } from "./support/journey";

let journey: Journey;
let buyer: Buyer;
let product: number;
beforeAll(async () => {
  journey = await openJourney();
  buyer = await journey.newBuyer();
  product = await journey.newProduct({ stock_quantity: 100 });
});
afterAll(() => journey.close());

const order = (asking: Asking) => journey.ask("POST", "/orders", { as: buyer.token, ...asking });
const line = (fields: Record<string, unknown> = {}) => ({
  items: [{ product_id: product, quantity: 1, ...fields }],
});

/** No stack trace, no file, no SQL: nothing of our inside. */
function expectNoInside({ body }: Answer) {
  expect(JSON.stringify(body)).not.toMatch(
    /\bat .+:\d+:\d+|node_modules|\.ts\b|\.js\b|select |insert |postgres|nats/i,
  );
}

test.each<[string, string, number, string]>([
  ["no JSON", "{items: oops", 400, "malformed_json"],
  ["half a JSON", '{"items": [', 400, "malformed_json"],
  ["a list", "[]", 400, "invalid_input"],
  ["a text", '"order"', 400, "invalid_input"],
  ["null", "null", 400, "invalid_input"],
  ["nothing", "", 400, "invalid_input"],
  ["an infinite quantity", '{"items":[{"product_id":1,"quantity":1e400}]}', 400, "invalid_input"],
  ["a NUL character", '{"items":[{"product_id":1,"quantity":1}],"notes":"a\\u0000b"}', 400, "invalid_input"],
  ["half of a pair", '{"items":[{"product_id":1,"quantity":1}],"notes":"\\ud800"}', 400, "invalid_input"],
  [
    "a prototype",
    '{"items":[{"product_id":1,"quantity":1}],"__proto__":{"role":"ADMIN"}}',
    400,
    "invalid_input",
  ],
  ["a thousand levels", `{"items":${"[".repeat(1000)}${"]".repeat(1000)}}`, 400, "invalid_input"],
])("a body that is %s is told so", async (_what, raw, status, code) => {
  const answer = await order({ raw });
  expect(asProblem(answer)).toEqual(problem(status, code));
  expectNoInside(answer);
});

const tooMany = Array.from({ length: 201 }, (_, n) => ({ product_id: n + 1, quantity: 1 }));
test.each<[string, unknown, string, string]>([
  ["no items", {}, "items", "invalid_input"],
  ["items that are a text", { items: "all" }, "items", "invalid_input"],
  ["an empty list", { items: [] }, "items", "invalid_input"],
  ["201 lines", { items: tooMany }, "items", "invalid_input"],
  ["a line that is null", { items: [null] }, "items[0]", "invalid_input"],
  ["a product id that is a text", line2({ product_id: "abc" }), "items[0].product_id", "invalid_input"],
  ["half a product", line2({ product_id: 1.5 }), "items[0].product_id", "invalid_input"],
  ["a negative quantity", line2({ quantity: -1 }), "items[0].quantity", "invalid_input"],
  ["none of it", line2({ quantity: 0 }), "items[0].quantity", "invalid_input"],
  ["half of it", line2({ quantity: 0.5 }), "items[0].quantity", "invalid_input"],
  ["a huge quantity", line2({ quantity: 1e15 }), "items[0].quantity", "invalid_input"],
  ["a quantity that is true", line2({ quantity: true }), "items[0].quantity", "invalid_input"],
  ["a price of its own", line2({ price: 1 }), "items[0].price", "invalid_input"],
  ["a field that nobody knows", { ...line2({}), discount: 100 }, "discount", "invalid_input"],
  ["a status of its own", { ...line2({}), status: "PAID" }, "status", "invalid_input"],
  ["a customer that is no id", { ...line2({}), customer_id: "me" }, "customer_id", "invalid_input"],
  ["endless notes", { ...line2({}), notes: "x".repeat(2001) }, "notes", "invalid_input"],
])("an order with %s is 400 and says where", async (_what, body, field, code) => {
  const answer = await order({ body });
  expect(asProblem(answer)).toEqual(problem(400, code));
  const fields = answer.body.errors.map((one: { field: string }) =>
    one.field.replaceAll(/\[(\d+)\]/g, ".$1"),
  );
  expect(fields).toContain(field.replaceAll(/\[(\d+)\]/g, ".$1"));
  expectNoInside(answer);
});

/** As `line`, for tables, which are built before the product is. */
function line2(fields: Record<string, unknown>) {
  return { items: [{ product_id: 1, quantity: 1, ...fields }] };
}

test("an unknown product, place or customer in an order is 400", async () => {
  expect(asProblem(await order({ body: line({ product_id: 2_147_483_647 }) }))).toEqual(
    problem(400, "unknown_product"),
  );
  const place = await order({ body: { ...line(), location: "NOWHERE" } });
  expect(asProblem(place)).toEqual(problem(400, "unknown_location"));
  const body = { ...line(), customer_id: randomUUID() };
  expect(asProblem(await order({ as: journey.admin, body }))).toEqual(problem(400, "unknown_customer"));
});

test("an order beyond what an invoice can hold is 400 and leaves nothing behind", async () => {
  const gold = await journey.newProduct({ price: 9_999_999_999.99, stock_quantity: 1000 });
  const answer = await order({ body: { items: [{ product_id: gold, quantity: 1000 }] } });
  expect(asProblem(answer)).toEqual(problem(400, "amount_too_large"));
  expect(await journey.stockOf(gold)).toEqual({ on_hand: 1000, reserved: 0, available: 1000 });
});

test("ten megabytes are 413, another type of body is 415, a compressed one too", async () => {
  const huge = JSON.stringify({ ...line(), notes: "x".repeat(10_000_000) });
  expect(asProblem(await order({ raw: huge }))).toEqual(problem(413, "body_too_large"));
  for (const type of ["text/plain", "application/xml", "multipart/form-data; boundary=x"]) {
    const answer = await order({ raw: "{}", headers: { "content-type": type } });
    expect(asProblem(answer)).toEqual(problem(415, "unsupported_media_type"));
  }
  const packed = await order({ raw: "{}", headers: { "content-encoding": "gzip" } });
  expect(asProblem(packed)).toEqual(problem(415, "unsupported_media_type"));
});

test.each<[string, Record<string, unknown>, string]>([
  ["a negative price", { price: -1 }, "price"],
  ["a price with three places", { price: 1.005 }, "price"],
  ["a huge price", { price: "99999999999999999999" }, "price"],
  ["a price that is a word", { price: "cheap" }, "price"],
  ["a price that is null", { price: null }, "price"],
  ["a price in a list", { price: [1] }, "price"],
  ["negative stock", { stock_quantity: -5 }, "stock_quantity"],
  ["endless stock", { stock_quantity: 1e18 }, "stock_quantity"],
  ["no SKU", { sku: "  " }, "sku"],
  ["an endless name", { name: "x".repeat(201) }, "name"],
  ["an unknown tax code", { tax_code: "FREE" }, "tax_code"],
  ["a day that does not exist", { expiration_date: "2026-02-30" }, "expiration_date"],
  ["a day before all years", { expiration_date: "0000-01-01" }, "expiration_date"],
  ["an unknown field", { colour: "red" }, "colour"],
  ["a camel-cased field", { stockQuantity: 1 }, "stockQuantity"],
])("a product with %s is 400 and says where", async (_what, wrong, field) => {
  const body = { name: "Widget", sku: unique("BAD"), price: 1, stock_quantity: 1, ...wrong };
  const answer = await journey.ask("POST", "/products", { as: journey.admin, body });
  expect(asProblem(answer)).toEqual(problem(400, "invalid_input"));
  expect(answer.body.errors.map((one: { field: string }) => one.field)).toContain(field);
});

test.each([
  ["GET", "/orders/not-an-id", 404],
  ["GET", "/orders/00000000-0000-0000-0000-000000000000", 404],
  ["GET", "/products/0", 404],
  ["GET", "/products/-1", 404],
  ["GET", "/products/1e3", 404],
  ["GET", "/products/99999999999", 404],
  ["GET", "/products/999999/movements", 404],
  ["GET", "/products/999999/batches", 404],
  ["GET", "/products/%00", 404],
  ["GET", "/products/%ff", 400],
  ["GET", "/nothing/here", 404],
  ["PUT", "/orders", 405],
  ["GET", "/orders?limit=0", 400],
  ["GET", "/orders?limit=201", 400],
  ["GET", "/orders?limit=ten", 400],
  ["GET", "/orders?limit=1&limit=2", 400],
  ["GET", "/orders?after=garbage", 400],
  ["GET", "/orders?after=W10", 400],
  ["GET", "/orders?after=WyJ4Il0", 400],
  ["GET", "/orders?status=LOST", 400],
  ["GET", "/orders?from=yesterday", 400],
  ["GET", "/orders?colour=red", 400],
  ["GET", "/products?in_stock=maybe", 400],
  ["GET", "/products?q=%00", 400],
  ["GET", "/products?after=WzFd.WzFd", 400],
  ["GET", "/audit?from=2026-13-01T00:00:00Z", 400],
  ["GET", "/audit?from=0000-01-01T00:00:00Z", 400],
  ["GET", "/audit?after=WyJ4Il0", 400],
  ["GET", "/invoices?after=WyJ4Il0", 400],
  ["GET", "/invoices/1", 404],
])("%s %s is %d", async (method, path, status) => {
  const answer = await journey.ask(method, path, { as: journey.admin });
  expect(asProblem(answer)).toEqual(problem(status, /\S/));
  expectNoInside(answer);
});

test("a search for what looks like SQL or a pattern finds nothing and breaks nothing", async () => {
  for (const q of ["' or '1'='1", "%", "_", "\\", "'; drop table products; --"]) {
    const answer = await journey.ask("GET", `/products?q=${encodeURIComponent(q)}`, { as: journey.admin });
    expect([q, answer.status, answer.body.data]).toEqual([q, 200, []]);
  }
});

test.each([
  ["an object for a password", { email: "a@b.test", password: { $ne: null } }],
  ["a number for a password", { email: "a@b.test", password: 12345678 }],
  ["no password", { email: "a@b.test" }],
  ["an email that is none", { email: "nobody", password: "12345678" }],
  ["a role that is a list", { email: "a@b.test", password: "12345678", role: ["ADMIN"] }],
  ["a customer of its choice", { email: "a@b.test", password: "12345678", customer_id: randomUUID() }],
])("a registration with %s is 400 and repeats no secret", async (_what, body) => {
  const answer = await journey.ask("POST", "/auth/register", { body });
  expect(asProblem(answer)).toEqual(problem(400, "invalid_input"));
  expect(JSON.stringify(answer.body)).not.toContain("12345678");
});

test("a bad header is 400: Idempotency-Key, If-Match", async () => {
  const key = await order({ body: line(), headers: { "idempotency-key": "x".repeat(201) } });
  expect(asProblem(key)).toEqual(problem(400, "invalid_input"));
  const headers = { "if-match": "three" };
  const match = await journey.ask("PATCH", `/products/${product}`, {
    as: journey.admin,
    body: { name: "x" },
    headers,
  });
  expect(asProblem(match)).toEqual(problem(400, "invalid_input"));
});

const nasty: unknown[] = [
  null,
  true,
  "",
  " ",
  "\u202e",
  "💥".repeat(300),
  "NaN",
  "-0",
  -1,
  0,
  1.5,
  1e21,
  -1e21,
  2 ** 53,
  [],
  {},
  [[]],
  { length: 1e9 },
  { toString: "x" },
  { constructor: { prototype: {} } },
  "2026-99-99",
  "00000000-0000-0000-0000-000000000000",
]; // prettier-ignore
const targets: [string, string, Record<string, unknown>][] = [
  [
    "POST",
    "/orders",
    { items: [{ product_id: 1, quantity: 1 }], customer_id: randomUUID(), location: "MAIN", notes: "n" },
  ],
  [
    "POST",
    "/products",
    {
      name: "n",
      sku: "s",
      price: 1,
      stock_quantity: 1,
      unit_cost: 1,
      description: "d",
      category: "c",
      unit_measure: "kg",
      unit_value: "1",
      is_perishable: true,
      expiration_date: "2027-01-01",
      suggested_price: 1,
      tax_code: "ZERO",
    },
  ],
  ["PATCH", "/products/1", { name: "n", price: 1, price_reason: "r", tax_code: "ZERO", stock_quantity: 1 }],
  [
    "POST",
    "/customers",
    {
      name: "n",
      document_type: "DNI",
      document_number: "1",
      email: "a@b.test",
      phone: "1",
      kind: "STANDARD",
      payment_terms: "CASH",
      credit_limit: 1,
      meter_rate: 1,
      last_meter_reading: "1",
      status: "ACTIVE",
    },
  ],
  ["POST", "/locations", { code: "c", name: "n", type: "DEPOT" }],
  ["POST", "/auth/register", { email: "a@b.test", password: "12345678", role: "CUSTOMER", username: "n" }],
  ["POST", "/auth/login", { email: "a@b.test", password: "12345678" }],
  ["POST", "/auth/refresh", { refresh_token: "t" }],
  ["POST", "/auth/logout", { refresh_token: "t" }],
];

test("no value in any field of any request is answered with a 500", async () => {
  const broken: unknown[] = [];
  for (const [method, path, body] of targets) {
    for (const field of Object.keys(body)) {
      const answers = await Promise.all(
        nasty.map(async (value) => {
          const fields = {
            ...body,
            [field]: value,
            ...(field === "sku" ? {} : "sku" in body ? { sku: unique("N") } : {}),
          };
          return { value, answer: await journey.ask(method, path, { as: journey.admin, body: fields }) };
        }),
      );
      for (const { value, answer } of answers) {
        if (answer.status >= 500) broken.push([method, path, field, value, answer.status, answer.body]);
      }
    }
  }
  expect(broken).toEqual([]);
});
