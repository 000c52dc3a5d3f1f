import { eventually } from "@quartermaster/testkit";
import { Client } from "pg";
import type { Answer } from "./support/api";
import { auditIsComplete, brokenInvariants } from "./support/invariants";
import { type Journey, openJourney, unique } from "./support/journey";

let journey: Journey;
beforeAll(async () => {
  journey = await openJourney();
});
afterAll(() => journey.close());

const statuses = (answers: Answer[], status: number) => answers.filter((one) => one.status === status);

test("of a hundred who buy the last item at once, one gets it and ninety-nine are told at once", async () => {
  const { ask, newBuyer, newProduct, stockOf } = journey;
  const product = await newProduct({ stock_quantity: 1 });
  const buyers = await Promise.all(Array.from({ length: 10 }, () => newBuyer()));
  const items = [{ product_id: product, quantity: 1 }];
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      ask("POST", "/orders", { as: buyers[n % 10]?.token ?? "", body: { items } }),
    ),
  );
  expect(statuses(answers, 201)).toHaveLength(1);
  const refused = statuses(answers, 400);
  expect(refused).toHaveLength(99);
  for (const { body } of refused) {
    expect(body).toMatchObject({
      code: "insufficient_stock",
      errors: [{ product_id: product, available: 0 }],
    });
  }
  expect(await stockOf(product)).toEqual({ on_hand: 1, reserved: 1, available: 0 });
});

test("lines of one product are added up, for the check too", async () => {
  const { ask, newBuyer, newProduct, stockOf } = journey;
  const buyer = await newBuyer();
  const product = await newProduct({ price: 10, stock_quantity: 5 });
  const line = (quantity: number) => ({ product_id: product, quantity });
  const tooMany = await ask("POST", "/orders", { as: buyer.token, body: { items: [line(3), line(3)] } });
  expect(tooMany).toMatchObject({ status: 400, body: { code: "insufficient_stock" } });
  const placed = await ask("POST", "/orders", { as: buyer.token, body: { items: [line(2), line(3)] } });
  expect(placed).toMatchObject({
    status: 201,
    body: { total_amount: 50, items: [{ product_id: product, quantity: 5 }] },
  });
  expect(placed.body.items).toHaveLength(1);
  expect(await stockOf(product)).toEqual({ on_hand: 5, reserved: 5, available: 0 });
});

test("orders that name the same products in opposite order all go through", async () => {
  const { ask, newBuyer, newProduct, stockOf } = journey;
  const buyer = await newBuyer();
  const products = [await newProduct({ stock_quantity: 1000 }), await newProduct({ stock_quantity: 1000 })];
  const items = products.map((product_id) => ({ product_id, quantity: 1 }));
  const answers = await Promise.all(
    Array.from({ length: 80 }, (_, n) =>
      ask("POST", "/orders", { as: buyer.token, body: { items: n % 2 === 0 ? items : items.toReversed() } }),
    ),
  );
  expect(statuses(answers, 201)).toHaveLength(80);
  for (const product of products) {
    expect(await stockOf(product)).toEqual({ on_hand: 1000, reserved: 80, available: 920 });
  }
});

test("an order with one line short takes none of the others", async () => {
  const { ask, newBuyer, newProduct, stockOf } = journey;
  const buyer = await newBuyer();
  const [plenty, scarce] = [
    await newProduct({ stock_quantity: 10 }),
    await newProduct({ stock_quantity: 1 }),
  ];
  const items = [
    { product_id: plenty, quantity: 5 },
    { product_id: scarce, quantity: 2 },
  ];
  const refused = await ask("POST", "/orders", { as: buyer.token, body: { items } });
  expect(refused).toMatchObject({
    status: 400,
    body: { code: "insufficient_stock", errors: [{ product_id: scarce, requested: 2, available: 1 }] },
  });
  expect(await stockOf(plenty)).toEqual({ on_hand: 10, reserved: 0, available: 10 });
});

test("over the credit limit the order is taken back: 409, stock released, REJECTED, no number burned, all of it told", async () => {
  const { ask, admin, newBuyer, newProduct, stockOf, sql } = journey;
  const buyer = await newBuyer();
  const product = await newProduct({ price: 100, stock_quantity: 50 });
  const order = (quantity: number) =>
    ask("POST", "/orders", { as: buyer.token, body: { items: [{ product_id: product, quantity }] } });
  const terms = { payment_terms: "CREDIT", credit_limit: 1090 };
  expect(await ask("PATCH", `/customers/${buyer.customerId}`, { as: admin, body: terms })).toMatchObject({
    status: 200,
  });
  // 9 x 100 and 9 % make 981; 109 are left, which is one more with its tax to the cent.
  expect((await order(9)).status).toBe(201);
  const number = async () =>
    (await sql("select last_number from billing.document_series where series = 'INV'"))[0];
  const before = await number();
  const refused = await order(2);
  expect(refused).toMatchObject({
    status: 409,
    body: { code: "credit_limit_exceeded", order_id: expect.any(String) },
  });
  expect(await number()).toEqual(before);
  const id = refused.body.order_id;
  expect(await ask("GET", `/orders/${id}`, { as: buyer.token })).toMatchObject({
    status: 200,
    body: {
      status: "REJECTED",
      invoice_id: null,
      invoice_number: null,
      rejection: { code: "credit_limit_exceeded" },
    },
  });
  expect(await stockOf(product)).toEqual({ on_hand: 50, reserved: 9, available: 41 });
  const listed = await ask("GET", "/orders", { as: buyer.token });
  expect(listed.body.data.map((one: { id: string }) => one.id)).not.toContain(id);
  const filtered = await ask("GET", "/orders?status=REJECTED", { as: buyer.token });
  expect(filtered.body.data).toMatchObject([{ id }]);
  const timeline = await ask("GET", `/orders/${id}/timeline`, { as: buyer.token });
  const told = JSON.stringify(timeline.body.data);
  for (const word of [/reserve/i, /invoice/i, /release/i, /REJECTED/, /credit_limit_exceeded/])
    expect(told).toMatch(word);
  const events = await eventually(
    async () => {
      const [one] = (await ask("GET", `/audit?entity=order&record_id=${id}`, { as: admin })).body.data;
      if (!one) return undefined;
      const { body } = await ask("GET", `/audit?request_id=${one.request_id}&order=asc`, { as: admin });
      const names = body.data.map((row: { event: string }) => row.event);
      return names.length >= 4 ? names : undefined;
    },
    { withinMs: 10_000 },
  );
  expect([...events].sort()).toEqual([
    "billing.invoice-refused.v1",
    "inventory.stock-released.v1",
    "inventory.stock-reserved.v1",
    "orders.order-rejected.v1",
  ]);
  expect((await order(1)).status).toBe(201);
});

test("simultaneous orders pass the credit limit only as far as it goes", async () => {
  const { ask, admin, newBuyer, newProduct } = journey;
  const buyer = await newBuyer();
  const product = await newProduct({ price: 100, stock_quantity: 100 });
  const terms = { payment_terms: "CREDIT", credit_limit: 545 };
  await ask("PATCH", `/customers/${buyer.customerId}`, { as: admin, body: terms });
  const items = [{ product_id: product, quantity: 1 }];
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => ask("POST", "/orders", { as: buyer.token, body: { items } })),
  );
  expect(statuses(answers, 201)).toHaveLength(5);
  expect(statuses(answers, 409)).toHaveLength(15);
});

test("a blocked customer orders nothing", async () => {
  const { ask, admin, newBuyer, newProduct } = journey;
  const buyer = await newBuyer();
  const items = [{ product_id: await newProduct(), quantity: 1 }];
  await ask("PATCH", `/customers/${buyer.customerId}`, { as: admin, body: { status: "BLOCKED" } });
  const refused = await ask("POST", "/orders", { as: buyer.token, body: { items } });
  expect(refused).toMatchObject({ status: 409, body: { code: "customer_blocked" } });
});

test("the same Idempotency-Key is one order and one answer: later, at the same time, never with another body", async () => {
  const { ask, newBuyer, newProduct, stockOf } = journey;
  const [buyer, other] = [await newBuyer(), await newBuyer()];
  const product = await newProduct({ stock_quantity: 100 });
  const order = (key: string, quantity = 1, as = buyer.token) =>
    ask("POST", "/orders", {
      as,
      body: { items: [{ product_id: product, quantity }] },
      headers: { "idempotency-key": key },
    });
  const [later, together] = [unique("key"), unique("key")];
  const first = await order(later);
  expect(first.status).toBe(201);
  expect(await order(later)).toMatchObject({ status: 201, body: first.body });
  const answers = await Promise.all(Array.from({ length: 20 }, () => order(together)));
  expect(statuses(answers, 201)).toHaveLength(20);
  expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  expect(await order(later, 2)).toMatchObject({ status: 422, body: { code: "idempotency_key_reused" } });
  expect(await stockOf(product)).toMatchObject({ reserved: 2 });
  // The key is the caller's own.
  const others = await order(later, 1, other.token);
  expect(others.status).toBe(201);
  expect(others.body.id).not.toBe(first.body.id);
});

test("a refusal is remembered under its key too", async () => {
  const { ask, newBuyer, newProduct } = journey;
  const buyer = await newBuyer();
  const items = [{ product_id: await newProduct({ stock_quantity: 0 }), quantity: 1 }];
  const headers = { "idempotency-key": unique("key") };
  const first = await ask("POST", "/orders", { as: buyer.token, body: { items }, headers });
  const again = await ask("POST", "/orders", { as: buyer.token, body: { items }, headers });
  expect(first).toMatchObject({ status: 400, body: { code: "insufficient_stock" } });
  const { request_id: _, ...same } = first.body;
  expect(again).toMatchObject({ status: 400, body: same });
});

test("the checker of the invariants finds what is planted", async () => {
  const { databaseUrl } = JSON.parse(process.env.E2E_STACK ?? "{}");
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const sql = async <Row>(text: string) => (await client.query(text)).rows as Row[];
  const found: string[][] = [];
  for (const plant of [
    "update inventory.levels set reserved = reserved + 1 where on_hand > reserved",
    "update inventory.levels set on_hand = on_hand + 1",
    "update inventory.batches set available_quantity = available_quantity - 1 where available_quantity > 0",
    "update orders.orders set status = 'CONFIRMED', id = gen_random_uuid() where status = 'PENDING'",
    "update orders.order_lines set quantity = quantity + 1",
    `insert into billing.invoices
     select gen_random_uuid(), series, number + 1000, source_kind, source_id, customer_id, subtotal_minor, tax_minor,
       total_minor, currency, issued_at - interval '1 day', snapshot, snapshot_sha256
     from billing.invoices order by number limit 1`,
    "delete from audit.records",
  ]) {
    await client.query("begin");
    await client.query(plant).then(
      async () => found.push(Object.keys(await brokenInvariants({ sql }))),
      (error: Error) => found.push([error.message]),
    );
    await client.query("rollback");
  }
  await client.end();
  expect(found).toEqual([
    ["I1 held lines add up to what is reserved"],
    ["I1 movements add up to what is on hand", "I1 batches add up to what is on hand"],
    ["I1 batches add up to what is on hand"],
    [
      "I2 a placed order has exactly one invoice",
      "I2 no stock is held and no invoice stands for an order that does not exist",
    ],
    ["I2 a pending order holds exactly its lines"],
    ["I2 a placed order has exactly one invoice", "I3 series run from 1 to n", "I3 dates do not go back"],
    ["audit.records is append-only: delete is refused"],
  ]);
});

test("after all that every invariant holds, and the audit has every event once and verifies", async () => {
  expect(await brokenInvariants(journey)).toEqual({});
  await eventually(() => auditIsComplete(journey), { withinMs: 10_000 });
  const { body } = await journey.ask("GET", "/audit/verify", { as: journey.admin });
  expect(body).toMatchObject({ ok: true, first_broken: null });
});
