import {
  CancelIssue,
  GetOrder,
  GetOrderTimeline,
  IssueInvoice,
  ReserveStock,
} from "@quartermaster/contracts";
import { newId } from "@quartermaster/messaging";
import { eventually } from "@quartermaster/testkit";
import { answerOf, Stage } from "./stage";

let stage: Stage;
let customerId: string;
beforeAll(async () => {
  stage = await Stage.open();
  stage.shelf.put(1, 1_000);
  customerId = await stage.customer();
});
afterAll(() => stage?.close());

const items = [{ productId: 1, quantity: 1 }];

test("inventory away: accepted within the wait, readable as PLACING, placed once it is back", async () => {
  await stage.stop("inventory");
  const id = newId();
  expect(await stage.place(customerId, items, { id, waitMs: 300 })).toEqual({ accepted: true });
  expect(answerOf(await stage.ask(GetOrder, { id }))).toMatchObject({
    id,
    customerId,
    status: "PLACING",
    totalAmountMinor: null,
    grandTotalMinor: null,
    items: [],
  });
  await stage.startInventory();
  const order = await stage.untilStatus(id, "PENDING");
  expect(await stage.place(customerId, items, { id })).toEqual({ answer: order });
});

test("billing away: the order has its lines and waits; placed with one invoice once it is back", async () => {
  await stage.stop("billing");
  const id = newId();
  const waiting = stage.place(customerId, items, { id, waitMs: 14_000 });
  const placing = await eventually(
    async () => {
      const order = answerOf(await stage.ask(GetOrder, { id }));
      return order.totalAmountMinor !== null && order;
    },
    { withinMs: 5_000 },
  );
  expect(placing).toMatchObject({ status: "PLACING", totalAmountMinor: 9_000, taxAmountMinor: null });
  await stage.startBilling();
  expect(await waiting).toMatchObject({ answer: { id, status: "PENDING", version: 2 } });
  expect(stage.ledger.seen.filter((one) => one.orderId === id)).toEqual([
    { name: IssueInvoice.name, orderId: id },
  ]);
});

test("orders stopped in mid-saga: another instance finds the saga and ends it, without anybody's help", async () => {
  await stage.stop("billing");
  const ids = Array.from({ length: 20 }, () => newId());
  await Promise.all(ids.map((id) => stage.place(customerId, items, { id, waitMs: 0 })));
  await stage.stop("orders");
  await stage.startBilling();
  await stage.startOrders("orders");
  for (const id of ids) await stage.untilStatus(id, "PENDING");
  for (const id of ids) {
    expect(stage.ledger.seen.filter((one) => one.orderId === id)).toHaveLength(1);
    expect(await stage.said(id)).toHaveLength(1);
  }
  expect(stage.shelf.seen.filter((one) => one.name === ReserveStock.name)).toHaveLength(22);
});

test("an instance that dies while its answer is under way loses nothing: its waiter asks again and is answered", async () => {
  await stage.startOrders("orders-2");
  await stage.stop("inventory");
  const id = newId();
  const first = stage.place(customerId, items, { id, waitMs: 10_000 }).catch((error) => error);
  await eventually(async () => "answer" in (await stage.ask(GetOrder, { id })), { withinMs: 5_000 });
  await stage.world.sql(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'orders/orders' and datname = current_database()",
  );
  await stage.startInventory();
  await stage.untilStatus(id, "PENDING");
  await first;
  expect(await stage.place(customerId, items, { id })).toMatchObject({ answer: { id, status: "PENDING" } });
  await stage.stop("orders-2");
});

test("the deadline: the invoice in doubt is fenced, the stock let go, the order rejected", async () => {
  await stage.stop("billing");
  const id = newId();
  await stage.place(customerId, items, { id, waitMs: 0 });
  await eventually(async () => stage.shelf.held.has(id), { withinMs: 5_000 });
  await eventually(async () => answerOf(await stage.ask(GetOrder, { id })).totalAmountMinor !== null, {
    withinMs: 5_000,
  });
  // A day goes by: the saga's step began, and was sent last, a day earlier than it says.
  await stage.world.sql(
    `update orders.sagas set due_at = now(), version = version + 1,
       body = jsonb_set(jsonb_set(body::jsonb, '{since}', '0'), '{sentAt}', '0')::text where id = $1`,
    [id],
  );
  await eventually(
    async () => {
      const { data } = answerOf(await stage.ask(GetOrderTimeline, { id }));
      return data.some((one) => one.what === `asked ${CancelIssue.name}`);
    },
    { withinMs: 5_000 },
  );
  await stage.startBillingWithTheFence(() => stage.untilStatus(id, "REJECTED"));
  expect(await stage.untilStatus(id, "REJECTED")).toMatchObject({
    rejection: { code: "placing_cancelled", detail: expect.stringContaining("within a day") },
    invoiceId: null,
  });
  expect(stage.shelf.held.has(id)).toBe(false);
  expect(stage.ledger.invoices.has(id)).toBe(false);
});

test("the broker killed and its store deleted while orders are placed: every one of them ends", async () => {
  const ids = Array.from({ length: 50 }, () => newId());
  const asked = ids.map((id) =>
    stage.place(customerId, items, { id, timeoutMs: 4_000 }).catch((error) => error),
  );
  await stage.world.restartNats({ wipe: true });
  await Promise.all(asked);
  await eventually(
    async () => {
      const again = await Promise.all(
        ids.map((id) => stage.place(customerId, items, { id, waitMs: 0 }).catch(() => null)),
      );
      return again.every((one) => one !== null && "answer" in one);
    },
    { withinMs: 25_000 },
  );
  for (const id of ids) expect(stage.ledger.seen.filter((one) => one.orderId === id)).toHaveLength(1);
});
