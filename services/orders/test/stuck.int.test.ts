import { GetOrder } from "@quartermaster/contracts";
import { newId, type RunningService } from "@quartermaster/messaging";
import { eventually } from "@quartermaster/testkit";
import { answerOf, Stage } from "./stage";

let stage: Stage;
let orders: RunningService;
beforeAll(async () => {
  stage = await Stage.open();
  await stage.stop("orders");
  orders = await stage.startOrders();
  stage.shelf.put(1, 10);
});
afterAll(() => stage?.close());

test("sagas that fail by a defect, or that nobody knows, are left for later and hold up no other one", async () => {
  const customerId = await stage.customer();
  await stage.stop("inventory");
  const id = newId();
  await stage.place(customerId, [{ productId: 1, quantity: 1 }], { id, waitMs: 0 });
  const poison = { step: newId(), name: newId(), body: newId() };
  // All of them are due longer than the one that is well.
  await stage.world.sql(
    `insert into orders.sagas (id, name, order_id, phase, step, attempts, version, due_at, body, history, created_at)
     select planted.id::uuid, coalesce(planted.name, s.name), planted.id::uuid, s.phase, coalesce(planted.step, s.step), s.attempts, s.version,
       now() - interval '1 hour', coalesce(planted.body, jsonb_set(s.body::jsonb, '{sentAt}', '0')::text), s.history, s.created_at
     from orders.sagas s, (values ($1, null, 77, null), ($2, 'no-such-saga', null, null), ($3, null, null, 'no JSON'))
       as planted (id, name, step, body)
     where s.id = $4`,
    [poison.step, poison.name, poison.body, id],
  );
  await stage.world.sql("update orders.sagas set due_at = now() - interval '1 minute' where id = $1", [id]);
  await stage.startInventory();
  await stage.world.sql(
    `update orders.sagas set due_at = now(), version = version + 1, body = jsonb_set(body::jsonb, '{sentAt}', '0')::text
     where id = $1`,
    [id],
  );
  await stage.untilStatus(id, "PENDING", 5_000);
  const left = "select id from orders.sagas where due_at > now() + interval '30 seconds' order by id";
  await eventually(async () => (await stage.world.sql(left)).length === 3, { withinMs: 5_000 });
  expect((await stage.world.sql<{ id: string }>(left)).map((row) => row.id).sort()).toEqual(
    Object.values(poison).sort(),
  );
  await stage.world.sql("delete from orders.sagas where id = any($1::uuid[])", [Object.values(poison)]);
});

test("unfinished sagas are counted by state, with the age of the oldest; after ten attempts they are STUCK", async () => {
  const customerId = await stage.customer();
  await stage.stop("billing");
  const id = newId();
  await stage.place(customerId, [{ productId: 1, quantity: 1 }], { id, waitMs: 0 });
  const isCreated = async () => answerOf(await stage.ask(GetOrder, { id })).totalAmountMinor !== null;
  await eventually(isCreated, { withinMs: 5_000 });
  expect(await orders.metrics.metrics()).toMatch(
    /orders_sagas_unfinished\{saga="place-order",state="FORWARD",.*\} 1\n/,
  );
  await stage.world.sql(
    "update orders.sagas set attempts = 10, created_at = now() - interval '1 hour' where id = $1",
    [id],
  );
  const metrics = await orders.metrics.metrics();
  expect(metrics).toMatch(/orders_sagas_unfinished\{saga="place-order",state="STUCK",.*\} 1\n/);
  expect(metrics).toMatch(/orders_sagas_oldest_seconds\{saga="place-order",state="STUCK",.*\} 36\d\d/);
  await stage.startBilling();
  // Its patience is over at once, instead of after a quarter of a minute.
  await stage.world.sql(
    `update orders.sagas set due_at = now(), version = version + 1, body = jsonb_set(body::jsonb, '{sentAt}', '0')::text
     where id = $1`,
    [id],
  );
  await stage.untilStatus(id, "PENDING");
  expect(await orders.metrics.metrics()).not.toMatch(/orders_sagas_unfinished\{saga/);
});
