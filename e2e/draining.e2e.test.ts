import type { ProcessName, Stack } from "@quartermaster/stack";
import { eventually } from "@quartermaster/testkit";
import type { NatsConnection } from "nats";
import { auditIsComplete, brokenInvariants } from "./support/invariants";
import type { Buyer, Journey } from "./support/journey";
import { openTwoOfEach, type TwoOfEach } from "./support/two-of-each";

let two: TwoOfEach;
let stack: Stack;
let journey: Journey;
let operator: NatsConnection;
let buyer: Buyer;
const reports: string[] = [];

beforeAll(async () => {
  two = await openTwoOfEach((line) => reports.push(line));
  ({ stack, journey, buyer, operator } = two);
}, 120_000);

afterAll(() => two?.close(), 60_000);

/** Sixteen clients that place orders until they are told to stop; what each was answered. */
function startLoad(product: number) {
  const statuses: number[] = [];
  let loading = true;
  const body = { items: [{ product_id: product, quantity: 1 }] };
  const lanes = Array.from({ length: 16 }, async () => {
    while (loading) {
      const placed = await journey.ask("POST", "/orders", { as: buyer.token, body });
      const read = await journey.ask("GET", `/orders/${placed.body.id}`, { as: buyer.token });
      statuses.push(placed.status, read.status);
    }
  });
  return {
    more: (count: number) => {
      const wanted = statuses.length + count;
      return eventually(async () => statuses.length >= wanted, { withinMs: 60_000 });
    },
    stop: async () => {
      loading = false;
      await Promise.all(lanes);
      return statuses;
    },
  };
}

async function drain(service: string, instance: number): Promise<void> {
  const subject = `ops.${service}.${service}-${instance}.drain`;
  const answer = await operator.request(subject, '{"reason":"Kernel upgrade"}', { timeout: 5_000 });
  expect(answer.json()).toEqual({ service, instance: `${service}-${instance}`, draining: true });
}

test("instances are drained one after the other under load: every request is answered as if nothing had happened", async () => {
  const product = await journey.newProduct({ stock_quantity: 1_000_000 });
  const load = startLoad(product);
  await load.more(200);
  const drained: [string, number, ProcessName][] = [
    ["orders", 2, "orders-2"],
    ["inventory", 1, "inventory"],
    ["billing", 2, "billing-2"],
  ];
  for (const [service, instance, name] of drained) {
    await drain(service, instance);
    await eventually(async () => stack.pids()[name] === undefined, { withinMs: 15_000 });
    await load.more(200);
  }
  const statuses = await load.stop();
  expect([...new Set(statuses)].sort()).toEqual([200, 201]);
  expect(statuses.length).toBeGreaterThan(800);
  // Ended with exit code 0, and left ended.
  for (const [, , name] of drained) {
    expect(reports).toContain(`${name} has ended in order, and stays ended`);
    expect(stack.pids()[name]).toBeUndefined();
  }
  expect(stack.pids()).toMatchObject({ orders: expect.any(Number), "inventory-2": expect.any(Number) });
  await eventually(async () => Object.keys(await brokenInvariants(journey)).length === 0, {
    withinMs: 30_000,
  });
  await eventually(() => auditIsComplete(journey), { withinMs: 30_000 });
}, 150_000);

test("the audit names the operator, the reason and the instance", async () => {
  const { body } = await journey.ask("GET", "/audit?entity=operation&order=asc", { as: journey.admin });
  const acts = body.data.map(
    (one: { user_name: string; actor_kind: string; record_id: string; new_values: { reason: string } }) => ({
      by: `${one.actor_kind} ${one.user_name}`,
      on: one.record_id,
      why: one.new_values.reason,
    }),
  );
  expect(acts).toEqual(
    ["orders-2", "inventory-1", "billing-2"].map((on) => ({ by: "operator ada", on, why: "Kernel upgrade" })),
  );
});

test("what was drained is started again, and takes part", async () => {
  await stack.startService("orders-2");
  const answer = await operator.request("ops.orders.orders-2.health", "", { timeout: 5_000 });
  expect(answer.json()).toMatchObject({ instance: "orders-2", ready: true });
}, 60_000);
