import { type AskOf, GetOrder, type Order, PlaceOrder } from "@quartermaster/contracts";
import { accepted, type Command, done, handle, type Outcome, refuse, reply } from "@quartermaster/messaging";
import type { z } from "zod";
import { exampleOf } from "../src/openapi/examples";
import { admin, buyer, openPlatform, type Platform } from "./support/platform";
import { tokenFor } from "./support/signing";

type PlacedOrder = z.infer<typeof Order>;
type Placing = Command<typeof PlaceOrder>;

let platform: Platform;
let buyerToken: string;
/** What orders was asked to do, in the order of arrival; a repeat of an id does not get here. */
const placed: Placing[] = [];
let decide: (command: Placing) => Outcome<typeof PlaceOrder>;

const example = exampleOf(PlaceOrder).answer as PlacedOrder;
const orderOf = (command: Placing): PlacedOrder => ({
  ...example,
  totalAmountMinor: 90_000,
  taxAmountMinor: 8_100,
  grandTotalMinor: 98_100,
  version: 2,
  items: example.items.map((item) => ({ ...item, productId: 1, unitPriceAtPurchaseMinor: 15_000 })),
  id: command.id,
  notes: command.ask.notes ?? null,
});

const body = { items: [{ product_id: 1, quantity: 6 }] };

beforeAll(async () => {
  platform = await openPlatform();
  buyerToken = tokenFor(buyer, platform.key);
  await platform.serve(
    "orders",
    handle(PlaceOrder, async (tx, commands) =>
      commands.map((command) => {
        tx.afterCommit(() => placed.push(command));
        return decide(command);
      }),
    ),
    reply(GetOrder, async (_db, ask: AskOf<typeof GetOrder>) => {
      const order = placed.find(({ id }) => id === ask.id);
      return order ? orderOf(order) : refuse("not_found");
    }),
  );
}, 60_000);

afterAll(() => platform?.close());

beforeEach(() => {
  placed.length = 0;
  decide = (command) => done(orderOf(command));
});

const place = (headers: Record<string, string> = {}, order: unknown = body) =>
  platform.ask("POST", "/orders", { token: buyerToken, body: order, headers });

test("an order is answered 201 with its amounts as decimals, its address and its version", async () => {
  const answer = await place();
  expect(answer.status).toBe(201);
  expect(answer.body).toMatchObject({
    status: "PENDING",
    total_amount: 900,
    tax_amount: 81,
    grand_total: 981,
    items: [{ product_id: 1, product_name: "Widget A", quantity: 6, unit_price_at_purchase: 150 }],
  });
  expect(answer.headers.get("location")).toBe(`/orders/${answer.body.id}`);
  expect(answer.headers.get("etag")).toBe('"2"');
  expect(placed).toEqual([
    {
      id: answer.body.id,
      ask: { items: [{ productId: 1, quantity: 6 }] },
      meta: {
        actor: {
          kind: "user",
          id: buyer.sub,
          name: "customer@example.com",
          role: "CUSTOMER",
          customerId: buyer.customerId,
          ip: "127.0.0.1",
        },
        requestId: answer.headers.get("x-request-id"),
        causation: null,
        traceparent: null,
      },
      prepared: undefined,
    },
  ]);
});

test("a refused order is a 400 that tells per line what is available, and the order's id", async () => {
  decide = ({ id }) =>
    refuse("insufficient_stock", { orderId: id, lines: [{ productId: 1, requested: 6, available: 2 }] });
  const answer = await place({ "X-Request-Id": "request-7" });
  expect(answer.status).toBe(400);
  expect(answer.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
  expect(answer.body).toEqual({
    type: "urn:quartermaster:problem:insufficient-stock",
    title: "Insufficient stock",
    status: 400,
    detail: "There is not enough stock for every line; nothing was reserved.",
    code: "insufficient_stock",
    errors: [{ product_id: 1, requested: 6, available: 2 }],
    request_id: "request-7",
    order_id: placed[0]?.id,
  });
});

test("a refusal that conflicts with the state is a 409", async () => {
  decide = ({ id }) => refuse("credit_limit_exceeded", { orderId: id, creditLimitMinor: 10_050 });
  const answer = await place();
  expect(answer.status).toBe(409);
  expect(answer.body).toMatchObject({
    code: "credit_limit_exceeded",
    credit_limit: 100.5,
    order_id: placed[0]?.id,
  });
});

test("an order that is not decided within the wait is a 202 with its address", async () => {
  decide = () => accepted();
  const answer = await place({ Prefer: "wait=0" });
  expect(answer.status).toBe(202);
  expect(answer.headers.get("preference-applied")).toBe("wait=0");
  const id = placed[0]?.id;
  expect(answer.headers.get("location")).toBe(`/orders/${id}`);
  expect(answer.body).toEqual({ id, status: "PLACING" });
});

test("the same Idempotency-Key gives one order and the same answer, one after the other and at the same time", async () => {
  const key = { "Idempotency-Key": "order-1" };
  const first = await place(key);
  const again = await Promise.all(Array.from({ length: 8 }, () => place(key)));
  expect(first.status).toBe(201);
  for (const answer of again) expect([answer.status, answer.body]).toEqual([201, first.body]);
  expect(placed).toHaveLength(1);
});

test("keys that come at the same time, each from several at once, at two gateways, have one order and one answer each", async () => {
  const askOther = await platform.anotherGateway();
  const answers = await Promise.all(
    Array.from({ length: 96 }, (_, index) => {
      const order = { items: [{ product_id: 1 + (index % 12), quantity: 6 }] };
      const headers = { "Idempotency-Key": `many-${index % 12}` };
      const ask = index % 24 < 12 ? platform.ask : askOther;
      return ask("POST", "/orders", { token: buyerToken, body: order, headers });
    }),
  );
  const idsOf = (key: number) =>
    new Set(answers.filter((_, index) => index % 12 === key).map(({ body: { id } }) => id));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  expect(Array.from({ length: 12 }, (_, key) => idsOf(key).size)).toEqual(Array(12).fill(1));
  expect(placed).toHaveLength(12);
});

test("of one key that comes with two bodies at the same time one is done, and the other a 422", async () => {
  const key = { "Idempotency-Key": "two-bodies" };
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, index) =>
      place(key, { items: [{ product_id: 1, quantity: 1 + (index % 2) }] }),
    ),
  );
  const statuses = answers.map(({ status }) => status);
  expect([new Set(statuses.filter((_, index) => index % 2 === 0)).size, new Set(statuses).size]).toEqual([
    1, 2,
  ]);
  expect(statuses.filter((status) => status === 201)).toHaveLength(8);
  expect(answers.filter(({ body: { code } }) => code === "idempotency_key_reused")).toHaveLength(8);
  expect(placed).toHaveLength(1);
});

test("a refusal is repeated under its key too", async () => {
  decide = ({ id }) => refuse("insufficient_stock", { orderId: id, lines: [] });
  const key = { "Idempotency-Key": "order-2" };
  const first = await place(key);
  decide = (command) => done(orderOf(command));
  const again = await place(key);
  expect([again.status, again.body.order_id]).toEqual([400, first.body.order_id]);
});

test("a key whose 202 has been decided since answers the decision", async () => {
  const orders = await platform.serve("orders");
  decide = () => accepted();
  const key = { "Idempotency-Key": "order-3", Prefer: "wait=0" };
  expect((await place(key)).status).toBe(202);
  const command = placed[0] as Placing;
  await orders.inTransaction(async (tx) => {
    await orders.settle(tx, [{ id: command.id, outcome: done(orderOf(command)) }]);
    return { result: undefined, said: [] };
  });
  const answer = await place(key);
  expect([answer.status, answer.body.id]).toEqual([201, command.id]);
});

test("a key with another body is a 422, and with the same body in another order of fields it is not", async () => {
  const key = { "Idempotency-Key": "order-4" };
  const first = await place(key, { items: [{ product_id: 1, quantity: 6 }], notes: "a" });
  const same = await place(key, { notes: " a ", items: [{ quantity: 6, product_id: 1 }] });
  const other = await place(key, { items: [{ product_id: 1, quantity: 7 }], notes: "a" });
  expect([first.status, same.status, same.body.id]).toEqual([201, 201, first.body.id]);
  expect([other.status, other.body.code]).toEqual([422, "idempotency_key_reused"]);
});

test("a key belongs to its user: another one's is another order", async () => {
  const key = { "Idempotency-Key": "order-5" };
  const mine = await place(key);
  const token = tokenFor(admin, platform.key);
  const theirs = await platform.ask("POST", "/orders", { token, body, headers: key });
  expect(theirs.status).toBe(201);
  expect(theirs.body.id).not.toBe(mine.body.id);
});

test.each(["", "x".repeat(201), "with space"])(
  "a key that is empty, too long or has spaces is a 400: %j",
  async (key) => {
    const answer = await place({ "Idempotency-Key": key });
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_input"]);
  },
);
