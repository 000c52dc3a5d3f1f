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
