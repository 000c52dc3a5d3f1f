import {
  CancelIssue,
  CancelOrder,
  CreditOrder,
  GetOrder,
  GetOrderTimeline,
  IssueInvoice,
  ReleaseStock,
} from "@quartermaster/contracts";
import { Fault, handle, newId, refuse } from "@quartermaster/messaging";
import { eventually } from "@quartermaster/testkit";
import { answerOf, customerActor, Stage } from "./stage";

let stage: Stage;
let customerId: string;
beforeAll(async () => {
  stage = await Stage.open();
  stage.shelf.put(1, 1_000);
  customerId = await stage.customer();
});
afterAll(() => stage?.close());

const items = [{ productId: 1, quantity: 2 }];
const placed = async () => answerOf(await stage.place(customerId, items));

test("a cancelled order lets go of its stock, has its invoice credited, and says so", async () => {
  const order = await placed();
  const before = stage.shelf.stock.get(1) ?? 0;
  const cancelled = answerOf(await stage.ask(CancelOrder, { id: order.id, reason: "changed my mind" }));
  expect(cancelled).toEqual({
    ...order,
    status: "CANCELLED",
    version: 3,
    updatedAt: expect.any(String),
    updatedBy: "mia",
  });
  expect(answerOf(await stage.ask(GetOrder, { id: order.id }))).toEqual(cancelled);
  expect(stage.shelf.stock.get(1)).toBe(before + 2);
  const creditNoteNumber = stage.ledger.credited.get(order.id);
  expect(creditNoteNumber).toMatch(/^CN-/);
  expect((await stage.said(order.id)).at(-1)).toEqual({
    subject: "evt.orders.order-cancelled.v1",
    body: {
      entityId: order.id,
      version: 3,
      old: { status: "PENDING" },
      new: { status: "CANCELLED", creditNoteNumber, reason: "changed my mind" },
    },
  });
  const { data } = answerOf(await stage.ask(GetOrderTimeline, { id: order.id }));
  expect(data.filter((one) => one.saga === "cancel-order").map((one) => one.what)).toEqual([
    "begin-cancelling",
    `asked ${ReleaseStock.name}`,
    `answered ${ReleaseStock.name}`,
    `asked ${CreditOrder.name}`,
    `answered ${CreditOrder.name}`,
    "cancel-order",
    "CANCELLED",
  ]);
});

test("cancelling again, and many times at once, answers the same order; it is credited once", async () => {
  const { id } = await placed();
  const answers = await Promise.all(Array.from({ length: 10 }, () => stage.ask(CancelOrder, { id })));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(await stage.ask(CancelOrder, { id })).toEqual(answers[0]);
  expect(stage.ledger.seen.filter((one) => one.orderId === id && one.name === CreditOrder.name)).toHaveLength(
    1,
  );
});

test("an invoice refused for the age of its id is fenced: it was issued, so the order is placed", async () => {
  await stage.stop("billing");
  const forgetful = stage.ledger.handlers.map((handler) =>
    handler.kind === "command" && handler.contract.name === IssueInvoice.name
      ? handle(IssueInvoice, async (tx, commands) => {
          await handler.run(tx, commands);
          return commands.map(() => refuse("message_too_old" as never));
        })
      : handler,
  );
  await stage.startPart("billing", forgetful);
  const order = await placed();
  expect(order).toMatchObject({ status: "PENDING" });
  expect(stage.ledger.seen.filter((one) => one.orderId === order.id).map((one) => one.name)).toEqual([
    IssueInvoice.name,
    CancelIssue.name,
  ]);
  await stage.stop("billing");
  await stage.startBilling();
});

test("the id of a saga that cancels an order is no order's", async () => {
  await stage.stop("billing");
  const id = newId();
  await stage.startBilling();
  const order = await placed();
  await stage.stop("billing");
  await stage.ask(CancelOrder, { id: order.id }, undefined, { id, waitMs: 0 });
  expect(await stage.ask(CancelOrder, { id })).toMatchObject({ refusal: { code: "not_found" } });
  await stage.startBilling();
  expect(await stage.untilStatus(order.id, "CANCELLED")).toMatchObject({ id: order.id });
});

test("so many commands wait for the end of one cancelling, and no more", async () => {
  await stage.stop("billing");
  const { id, placing } = await placingUntilInvoice();
  const cancel = () => stage.ask(CancelOrder, { id }, undefined, { waitMs: 0 });
  const asked = await Promise.all(Array.from({ length: 60 }, cancel));
  const refusal = { code: "transition_not_allowed", details: { act: "cancel", waitingMax: 50 } };
  expect(asked.filter((one) => "accepted" in one)).toHaveLength(50);
  for (const one of asked.filter((one) => "refusal" in one)) expect(one).toMatchObject({ refusal });
  expect(await cancel()).toMatchObject({ refusal });
  await stage.startBillingWithTheFence(() => placing);
  expect(await placing).toMatchObject({ refusal: { code: "placing_cancelled" } });
});

test("a CUSTOMER cancels its own order while it is PENDING, and nobody else's", async () => {
  const { id } = await placed();
  expect(await stage.ask(CancelOrder, { id }, customerActor(newId()))).toMatchObject({
    refusal: { code: "forbidden" },
  });
  await stage.world.sql("update orders.orders set status = 'CONFIRMED' where id = $1", [id]);
  const buyer = customerActor(customerId);
  const refusal = { code: "transition_not_allowed", details: { status: "CONFIRMED" } };
  expect(await stage.ask(CancelOrder, { id }, buyer)).toMatchObject({ refusal });
  expect(answerOf(await stage.ask(CancelOrder, { id }))).toMatchObject({ status: "CANCELLED" });
  const own = await placed();
  expect(answerOf(await stage.ask(CancelOrder, { id: own.id }, buyer))).toMatchObject({
    status: "CANCELLED",
  });
});

test("a shipped order, a rejected one and an unknown one are not cancelled", async () => {
  const { id } = await placed();
  await stage.world.sql("update orders.orders set status = 'SHIPPED' where id = $1", [id]);
  const refusal = { code: "transition_not_allowed" };
  expect(await stage.ask(CancelOrder, { id })).toMatchObject({ refusal });
  const rejected = newId();
  await stage.place(customerId, [{ productId: 1, quantity: 999_999 }], { id: rejected });
  expect(await stage.ask(CancelOrder, { id: rejected })).toMatchObject({ refusal });
  expect(await stage.ask(CancelOrder, { id: newId() })).toMatchObject({ refusal: { code: "not_found" } });
});

test("an order cancelled while its reservation is in doubt: released, REJECTED, and a late reservation is fenced", async () => {
  await stage.stop("inventory");
  const id = newId();
  const placing = stage.place(customerId, items, { id, waitMs: 14_000 });
  await eventually(async () => "answer" in (await stage.ask(GetOrder, { id })), { withinMs: 5_000 });
  const cancelling = stage.ask(CancelOrder, { id }, customerActor(customerId), { waitMs: 14_000 });
  await eventually(
    async () =>
      answerOf(await stage.ask(GetOrderTimeline, { id })).data.some((one) => one.what === "turning back"),
    { withinMs: 5_000 },
  );
  await stage.startInventory();
  expect(await placing).toMatchObject({ refusal: { code: "placing_cancelled", details: { orderId: id } } });
  const rejection = { code: "placing_cancelled", detail: "The order was cancelled before it was placed." };
  expect(answerOf(await cancelling)).toMatchObject({ id, status: "REJECTED", rejection });
  expect(answerOf(await stage.ask(CancelOrder, { id }))).toMatchObject({ status: "REJECTED" });
  expect([stage.shelf.held.has(id), stage.shelf.released.has(id)]).toEqual([false, true]);
});

test("an order cancelled while its invoice is in doubt is fenced first; what was not issued never will be", async () => {
  await stage.stop("billing");
  const { id, placing } = await placingUntilInvoice();
  const cancelling = stage.ask(CancelOrder, { id }, undefined, { waitMs: 14_000 });
  await eventually(
    async () =>
      answerOf(await stage.ask(GetOrderTimeline, { id })).data.some((one) => one.what === "fencing"),
    { withinMs: 5_000 },
  );
  expect(stage.shelf.held.has(id)).toBe(true);
  await stage.startBillingWithTheFence(() => placing);
  expect(await placing).toMatchObject({ refusal: { code: "placing_cancelled" } });
  expect(answerOf(await cancelling)).toMatchObject({ status: "REJECTED" });
  expect([stage.shelf.held.has(id), stage.ledger.invoices.has(id), stage.ledger.cancelled.has(id)]).toEqual([
    false,
    false,
    true,
  ]);
});

test("where the invoice was issued before the fence, the order is placed, then cancelled with a credit note", async () => {
  await stage.stop("billing");
  // Its answers to IssueInvoice get lost: it issues, and then fails to say so.
  const lossy = stage.ledger.handlers.map((handler) =>
    handler.kind === "command" && handler.contract.name === IssueInvoice.name
      ? handle(IssueInvoice, async (tx, commands) => {
          await handler.run(
            tx,
            commands.filter(({ ask }) => !stage.ledger.invoices.has(ask.orderId)),
          );
          throw new Fault("busy", "issued, and not able to say so");
        })
      : handler,
  );
  await stage.startPart("billing", lossy);
  const { id, placing } = await placingUntilInvoice();
  await eventually(async () => stage.ledger.invoices.has(id), { withinMs: 5_000 });
  expect(answerOf(await stage.ask(GetOrder, { id }))).toMatchObject({ status: "PLACING" });
  const cancelled = answerOf(await stage.ask(CancelOrder, { id }, undefined, { waitMs: 14_000 }));
  expect(cancelled).toMatchObject({
    status: "CANCELLED",
    invoiceNumber: stage.ledger.invoices.get(id)?.number,
  });
  expect(await placing).toMatchObject({ answer: { id, status: "PENDING" } });
  expect(stage.ledger.seen.map((one) => one.orderId === id && one.name)).toContain(CancelIssue.name);
  expect(stage.ledger.credited.has(id)).toBe(true);
  expect(stage.shelf.held.has(id)).toBe(false);
  expect((await stage.said(id)).map((one) => one.subject)).toEqual([
    "evt.orders.order-placed.v1",
    "evt.orders.order-cancelled.v1",
  ]);
});

async function placingUntilInvoice() {
  const id = newId();
  const placing = stage.place(customerId, items, { id, waitMs: 14_000 });
  await eventually(async () => answerOf(await stage.ask(GetOrder, { id })).totalAmountMinor !== null, {
    withinMs: 5_000,
  });
  return { id, placing };
}
