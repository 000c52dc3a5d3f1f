import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Stack, startStack } from "@quartermaster/stack";
import { eventually } from "@quartermaster/testkit";
import { auditAgainstOutboxes, auditIsComplete, brokenInvariants } from "./support/invariants";
import { type Buyer, type Journey, openJourney, unique } from "./support/journey";

let dataDir: string;
let stack: Stack;
let journey: Journey;
let buyer: Buyer;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "quartermaster-outages-"));
  stack = await startStack({ dataDir, durable: false, env: { LOG_LEVEL: "warn" } });
  journey = await openJourney({ gatewayUrl: stack.gatewayUrl, databaseUrl: stack.adminDatabaseUrl });
  buyer = await journey.newBuyer();
}, 120_000);

afterAll(async () => {
  await journey?.close();
  await stack?.stop();
  await rm(dataDir, { recursive: true, force: true });
}, 60_000);

const place = (product: number, headers: Record<string, string> = {}) =>
  journey.ask("POST", "/orders", {
    as: buyer.token,
    body: { items: [{ product_id: product, quantity: 1 }] },
    headers,
  });

const statusOf = async (id: string) =>
  (await journey.ask("GET", `/orders/${id}`, { as: buyer.token })).body.status;
const untilPending = (id: string) =>
  eventually(async () => (await statusOf(id)) === "PENDING", { withinMs: 30_000 });

async function invoicesOf(id: string): Promise<unknown[]> {
  return (await journey.ask("GET", `/invoices?order_id=${id}`, { as: buyer.token })).body.data;
}

/** Asks with one key until the order is decided, as a careful client does through an outage. */
function placeUntilKnown(product: number, key: string) {
  const decided = async () => {
    const answer = await place(product, { "idempotency-key": key, prefer: "wait=2" });
    return answer.status !== 202 && answer.status !== 503 && answer;
  };
  return eventually(decided, { withinMs: 60_000 });
}

/** Twelve clients that place orders through whatever happens, until they are told to stop. */
function startLoad(product: number) {
  const ids: string[] = [];
  let loading = true;
  const lanes = Array.from({ length: 12 }, async () => {
    while (loading) {
      const { status, body } = await placeUntilKnown(product, unique("load"));
      expect({ status, body }).toMatchObject({ status: 201 });
      ids.push(body.id);
    }
  });
  const reach = (count: number) => eventually(async () => ids.length >= count, { withinMs: 60_000 });
  return {
    /** Resolves when so many more orders have been placed. */
    more: (count: number) => reach(ids.length + count),
    stop: async () => {
      loading = false;
      await Promise.all(lanes);
      return ids;
    },
  };
}

async function eachPlacedOnce(product: number, ids: string[]) {
  expect(new Set(ids).size).toBe(ids.length);
  expect(await journey.stockOf(product)).toMatchObject({ reserved: ids.length });
  const pending = "select id from orders.orders where id = any($1::uuid[]) and status = 'PENDING'";
  expect(await journey.sql(pending, [ids])).toHaveLength(ids.length);
}

async function everythingIsRight() {
  await eventually(async () => Object.keys(await brokenInvariants(journey)).length === 0, {
    withinMs: 30_000,
  }).catch(() => undefined);
  expect(await brokenInvariants(journey)).toEqual({});
  await eventually(() => auditIsComplete(journey), { withinMs: 30_000 }).catch(() => undefined);
  const { said, recorded } = await auditAgainstOutboxes(journey);
  for (const [source, records] of Object.entries(said)) {
    expect([source, recorded[source]]).toEqual([source, { records, highest: records }]);
  }
  const verified = await journey.ask("GET", "/audit/verify", { as: journey.admin });
  expect(verified).toMatchObject({ status: 200, body: { ok: true } });
}

test.each(["billing", "inventory"] as const)(
  "while %s is stopped an order is 202 with a Location, and becomes PENDING with one invoice once it is back",
  async (service) => {
    const product = await journey.newProduct();
    await stack.stopService(service);
    const accepted = await place(product, { prefer: "wait=1" });
    expect(accepted).toMatchObject({ status: 202, body: { id: expect.any(String), status: "PLACING" } });
    const { id } = accepted.body;
    expect(accepted.headers.get("location")).toBe(`/orders/${id}`);
    expect(await statusOf(id)).toBe("PLACING");
    await stack.startService(service);
    await untilPending(id);
    expect(await invoicesOf(id)).toHaveLength(1);
    expect(await journey.stockOf(product)).toEqual({ on_hand: 100, reserved: 1, available: 99 });
  },
  90_000,
);

test("a key whose order was 202 answers the decision once there is one", async () => {
  const product = await journey.newProduct();
  const key = unique("later");
  await stack.stopService("billing");
  const accepted = await place(product, { "idempotency-key": key, prefer: "wait=1" });
  expect(accepted.status).toBe(202);
  const joined = await place(product, { "idempotency-key": key, prefer: "wait=0" });
  expect(joined).toMatchObject({ status: 202, body: { id: accepted.body.id } });
  await stack.startService("billing");
  await untilPending(accepted.body.id);
  const decided = await place(product, { "idempotency-key": key });
  expect(decided).toMatchObject({ status: 201, body: { id: accepted.body.id, status: "PENDING" } });
}, 90_000);

test("an order whose invoice is in doubt is cancelled once billing can say that there is none", async () => {
  const product = await journey.newProduct();
  await stack.stopService("billing");
  const { body: placing } = await place(product, { prefer: "wait=1" });
  const asking = { as: buyer.token, body: { reason: "too slow" }, headers: { prefer: "wait=1" } };
  const cancelled = await journey.ask("POST", `/orders/${placing.id}/cancel`, asking);
  expect(cancelled.status).toBe(202);
  expect(await journey.stockOf(product)).toMatchObject({ reserved: 1 });
  await stack.startService("billing");
  await eventually(async () => (await statusOf(placing.id)) === "REJECTED", { withinMs: 30_000 });
  const order = await journey.ask("GET", `/orders/${placing.id}`, { as: buyer.token });
  expect(order.body).toMatchObject({ rejection: { code: "placing_cancelled" }, invoice_id: null });
  expect(await invoicesOf(placing.id)).toEqual([]);
  expect(await journey.stockOf(product)).toEqual({ on_hand: 100, reserved: 0, available: 100 });
}, 90_000);

test("whoever registers while orders is stopped has an account as soon as it is back", async () => {
  const product = await journey.newProduct();
  await stack.stopService("orders");
  const newcomer = await journey.newBuyer();
  await stack.startService("orders");
  const body = { items: [{ product_id: product, quantity: 1 }] };
  await eventually(
    async () => (await journey.ask("POST", "/orders", { as: newcomer.token, body })).status === 201,
    {
      withinMs: 5_000,
    },
  );
}, 90_000);

test("identity stopped: 503 for logins, and whoever is logged in goes on ordering", async () => {
  const product = await journey.newProduct();
  await stack.stopService("identity");
  const login = await journey.ask("POST", "/auth/login", {
    body: { email: buyer.email, password: buyer.password },
  });
  expect(login).toMatchObject({ status: 503, body: { code: "service_unavailable" } });
  expect((await place(product)).status).toBe(201);
  await stack.startService("identity");
}, 90_000);

test("audit stopped: orders go on, and it records all of them once it is back", async () => {
  const product = await journey.newProduct();
  await stack.stopService("audit");
  for (let n = 0; n < 5; n++) expect((await place(product)).status).toBe(201);
  expect(await auditIsComplete(journey)).toBe(false);
  await stack.startService("audit");
  await everythingIsRight();
}, 90_000);

test("orders is killed while a saga waits for billing; both come back, and the order is finished by itself", async () => {
  const product = await journey.newProduct();
  await stack.stopService("billing");
  const { status, body } = await place(product, { prefer: "wait=1" });
  expect(status).toBe(202);
  const killed = stack.pids().orders;
  stack.signalService("orders", "SIGKILL");
  await stack.startService("billing");
  await untilPending(body.id);
  expect(stack.pids().orders).not.toBe(killed);
  expect(await invoicesOf(body.id)).toHaveLength(1);
}, 90_000);

test("orders is killed again and again under load: each key is one order", async () => {
  const product = await journey.newProduct({ stock_quantity: 10_000 });
  const load = startLoad(product);
  for (let kills = 0; kills < 3; kills++) {
    await load.more(30);
    const killed = stack.pids().orders;
    stack.signalService("orders", "SIGKILL");
    await eventually(async () => ![killed, undefined].includes(stack.pids().orders), { withinMs: 20_000 });
  }
  await load.more(30);
  const ids = await load.stop();
  await everythingIsRight();
  await eachPlacedOnce(product, ids);
}, 150_000);

test("nats-server is killed and its store deleted under load: nothing is lost or doubled", async () => {
  const product = await journey.newProduct({ stock_quantity: 10_000 });
  const load = startLoad(product);
  await load.more(100);
  await stack.stopService("nats", "SIGKILL");
  await rm(join(dataDir, "nats"), { recursive: true, force: true });
  await stack.startService("nats");
  await load.more(100);
  const ids = await load.stop();
  await everythingIsRight();
  await eachPlacedOnce(product, ids);
}, 150_000);

test("with the whole broker away nothing is accepted: 503 with Retry-After, at once, and orders flow again after", async () => {
  const product = await journey.newProduct();
  await stack.stopService("nats");
  const startedAt = Date.now();
  const refused = await place(product);
  expect(refused).toMatchObject({ status: 503, body: { code: expect.any(String) } });
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(Date.now() - startedAt).toBeLessThan(5_000);
  await stack.startService("nats");
  await eventually(async () => (await place(product)).status === 201, { withinMs: 5_000 });
  await everythingIsRight();
}, 90_000);
