import {
  CancelIssue,
  CancelOrder,
  CreditOrder,
  GetOrder,
  IssueInvoice,
  ReleaseStock,
  ReserveStock,
} from "@quartermaster/contracts";
import { newId } from "@quartermaster/messaging";
import { eventually, operate } from "@quartermaster/testkit";
import { answerOf, Stage } from "./stage";

let stage: Stage;
let ada: Awaited<ReturnType<Stage["world"]["operator"]>>;
let customerId: string;
const items = [{ productId: 1, quantity: 2 }];

beforeAll(async () => {
  stage = await Stage.open();
  ada = await stage.world.operator("ada");
  customerId = await stage.customer();
});
beforeEach(() => stage.shelf.put(1, 100));
afterAll(() => stage?.close());

const ask = (verb: string, body: Record<string, unknown>) => operate(ada, `ops.orders.${verb}`, body);
const act = (verb: string, body: Record<string, unknown>) => ask(verb, { reason: "Ticket 77", ...body });
const sagaOf = async (orderId: string) => (await ask("sagas", { orderId })).body.data[0];
const actsOn = async (id: string) =>
  (await stage.said(id))
    .filter(({ subject }) => subject === "evt.orders.operator-acted.v1")
    .map(({ body }) => body.new);

/** An order whose saga waits for this message, of a service that is stopped. */
async function waitingFor(message: string): Promise<string> {
  const id = newId();
  await stage.place(customerId, items, { id, waitMs: 0 });
  await eventually(async () => (await sagaOf(id))?.step?.message === message, { withinMs: 5_000 });
  return id;
}
/** As after two minutes of attempts in vain. */
const makeStuck = (id: string) =>
  stage.world.sql(
    "update orders.sagas set attempts = 10, version = version + 1, due_at = now() + interval '10 s' where id = $1",
    [id],
  );

test("a saga that gets no answer is shown with what it waits for and why; once stuck it is among the stuck", async () => {
  await stage.stop("billing");
  const id = await waitingFor(IssueInvoice.name);
  const waiting = await sagaOf(id);
  // On a slow machine the second attempt may have been made already.
  expect([null, expect.stringMatching(/nobody serves cmd\.billing|no answer/)]).toContainEqual(
    waiting.failure,
  );
  expect(waiting).toEqual({
    id,
    saga: "place-order",
    orderId: id,
    state: "FORWARD",
    phase: "FORWARD",
    step: { call: "do", message: IssueInvoice.name },
    attempts: expect.any(Number),
    createdAt: expect.any(String),
    since: expect.any(String),
    askedAt: expect.any(String),
    dueAt: expect.any(String),
    reason: null,
    failure: waiting.failure,
    waiting: 0,
  });
  // The second attempt, some two seconds later, tells of the first one.
  const failed = await eventually(async () => (await sagaOf(id)).failure !== null && sagaOf(id), {
    withinMs: 10_000,
  });
  expect(failed).toMatchObject({
    failure: expect.stringMatching(/nobody serves cmd\.billing|no answer/),
  });
  expect(failed.attempts).toBeGreaterThanOrEqual(2);
  expect((await ask("sagas", { state: "stuck" })).body.data).toEqual([]);
  expect((await ask("sagas", { olderThanSeconds: 3_600 })).body.data).toEqual([]);
  await makeStuck(id);
  expect((await ask("sagas", { state: "stuck" })).body).toMatchObject({
    data: [{ id, state: "STUCK" }],
    next: null,
  });

  await stage.startBilling();
  const { body } = await act("retry-saga", { id });
  expect(body).toMatchObject({ id, state: "STUCK", attempts: 11, failure: null });
  await stage.untilStatus(id, "PENDING", 8_000);
  expect(await sagaOf(id)).toMatchObject({ state: "DONE", step: null, dueAt: null });
  expect(await actsOn(id)).toEqual([
    { verb: "retry-saga", instance: "orders", reason: "Ticket 77", values: { attempts: 11, anew: false } },
  ]);
  expect((await act("retry-saga", { id })).no).toBe(`The saga ${id} has ended: it is DONE.`);
  expect((await act("retry-saga", { id: newId() })).no).toMatch(/^There is no saga/);
});

test("cancelled by an operator while the invoice is in doubt: fenced, and rejected only when billing has said that there is none", async () => {
  await stage.stop("billing");
  const id = await waitingFor(IssueInvoice.name);
  const before = stage.shelf.stock.get(1);
  expect((await act("resolve-saga", { id, as: "done" })).no).toMatch(/Only its receiver knows/);
  const { body } = await act("resolve-saga", { id, as: "cancel" });
  expect(body).toMatchObject({ state: "FENCING", step: { call: "fence", message: CancelIssue.name } });
  expect(stage.shelf.stock.get(1)).toBe(before);
  // The doubt itself is nobody's to decide.
  await makeStuck(id);
  expect((await act("resolve-saga", { id, as: "done", answer: { state: "cancelled" } })).no).toMatch(
    /Only its receiver knows/,
  );
  expect((await act("resolve-saga", { id, as: "cancel" })).no).toMatch(/being given up already/);
  await stage.startBillingWithTheFence(async () => {
    await act("retry-saga", { id });
    await stage.untilStatus(id, "REJECTED", 5_000);
  });
  expect(stage.ledger.invoices.has(id)).toBe(false);
  expect(stage.shelf.held.has(id)).toBe(false);
});

test("cancelled by an operator when the invoice had been issued: the order goes forward", async () => {
  await stage.stop("billing");
  const id = await waitingFor(IssueInvoice.name);
  await act("resolve-saga", { id, as: "cancel" });
  const totals = { subtotalMinor: 19_000, taxMinor: 1_710, totalMinor: 20_710 };
  stage.ledger.invoices.set(id, {
    invoiceId: newId(),
    number: "INV-1",
    ...totals,
    issuedAt: new Date().toISOString(),
  });
  await stage.startBilling();
  await act("retry-saga", { id });
  await stage.untilStatus(id, "PENDING", 5_000);
  expect(stage.shelf.held.has(id)).toBe(true);
});

test("an undo that cannot get through is taken as done by hand once it is stuck, and the saga ends", async () => {
  await stage.stop("inventory");
  const id = await waitingFor(ReserveStock.name);
  expect((await act("resolve-saga", { id, as: "done" })).no).toMatch(/Only its receiver knows/);
  expect((await act("resolve-saga", { id, as: "cancel" })).body).toMatchObject({
    state: "BACK",
    step: { call: "undo", message: ReleaseStock.name },
  });
  expect((await act("resolve-saga", { id, as: "done" })).no).toBe(
    "It is not stuck: asked 1 times, and given 10.",
  );
  await makeStuck(id);
  expect((await act("resolve-saga", { id, as: "done" })).no).toMatch(/would have answered\. released: /);
  const answer = { released: [{ productId: 1, quantity: 2, beside: "x" }], junk: "x".repeat(900_000) };
  const { body } = await act("resolve-saga", { id, as: "done", answer });
  expect(body).toMatchObject({ state: "UNDONE", dueAt: null });
  expect(answerOf(await stage.ask(GetOrder, { id }))).toMatchObject({ status: "REJECTED" });
  const said = (await stage.said(id)).map(({ subject }) => subject);
  expect(said.filter((subject) => subject.includes("order-rejected"))).toHaveLength(1);
  const values = {
    orderId: id,
    as: "done",
    phase: "UNDONE",
    answer: { released: [{ productId: 1, quantity: 2 }] },
  };
  const [cancelled, done] = await actsOn(id);
  expect(cancelled).toMatchObject({ verb: "resolve-saga", values: { as: "cancel", phase: "BACK" } });
  expect(done).toEqual({ verb: "resolve-saga", instance: "orders", reason: "Ticket 77", values });
  // Who waits for the placing is told its end.
  const placing = await stage.place(customerId, items, { id, waitMs: 0 });
  expect(placing).toMatchObject({ refusal: { code: "placing_cancelled" } });
  await stage.startInventory();
});

test("cancelling only goes forward: a release may be done by hand, a credit note only by billing", async () => {
  const order = answerOf(await stage.place(customerId, items));
  await Promise.all([stage.stop("inventory"), stage.stop("billing")]);
  const id = newId();
  await stage.ask(CancelOrder, { id: order.id }, undefined, { id, waitMs: 0 });
  const sagaHere = async () =>
    (await ask("sagas", { orderId: order.id })).body.data.find((one: { id: string }) => one.id === id);
  const isAt = (message: string) =>
    eventually(async () => (await sagaHere())?.step?.message === message, { withinMs: 5_000 });
  await isAt(ReleaseStock.name);
  expect((await act("resolve-saga", { id, as: "cancel" })).no).toMatch(/^It only goes forward/);
  await makeStuck(id);
  const { body } = await act("resolve-saga", { id, as: "done", answer: { released: [] } });
  expect(body).toMatchObject({ saga: "cancel-order", state: "FORWARD", step: { message: CreditOrder.name } });

  await makeStuck(id);
  const { no } = await act("resolve-saga", { id, as: "done", answer: { creditNote: null } });
  expect(no).toMatch(/makes a document, and nobody can vouch for one: .* retry-saga, with anew/);
  expect(await sagaHere()).toMatchObject({ state: "STUCK", step: { message: CreditOrder.name } });
  await stage.startBilling();
  await act("retry-saga", { id, anew: true });
  await stage.untilStatus(order.id, "CANCELLED", 5_000);
  expect(stage.ledger.credited.has(order.id)).toBe(true);
  await stage.startInventory();
});

test("what a receiver refuses as too old for ever is asked anew, and never a message that might be refused", async () => {
  await stage.stop("inventory");
  const id = await waitingFor(ReserveStock.name);
  expect((await act("retry-saga", { id, anew: true })).no).toMatch(/^Only a message that cannot be refused/);
  await act("resolve-saga", { id, as: "cancel" });
  // As if it had waited since 2023: inventory's inbox remembers 14 days.
  const old = "01890000-0000-7000-8000-0000000000aa";
  await stage.world.sql(
    `update orders.sagas set id = $2::text::uuid, order_id = $2::text::uuid, body = replace(body, $1::text, $2::text), version = version + 1 where id = $1::text::uuid`,
    [id, old],
  );
  await stage.startInventory();
  await act("retry-saga", { id: old });
  const refused = await eventually(async () => (await sagaOf(old)).failure !== null && sagaOf(old), {
    withinMs: 10_000,
  });
  expect(refused).toMatchObject({ phase: "BACK", failure: "refused: message_too_old" });
  await act("retry-saga", { id: old, anew: true });
  await eventually(async () => (await sagaOf(old)).state === "UNDONE", { withinMs: 5_000 });
  expect(stage.shelf.released.has(old)).toBe(true);
});

test("a row that cannot be read is shown as far as it can, and holds up nothing", async () => {
  const id = newId();
  await stage.world.sql(
    `insert into orders.sagas (id, name, order_id, phase, step, attempts, version, due_at, body, history, created_at)
     values ($1, 'place-order', $1, 'FORWARD', 1, 3, 1, now() + interval '1 hour', 'no JSON', '', now())`,
    [id],
  );
  expect(await sagaOf(id)).toMatchObject({ id, step: null, failure: "Its row cannot be read." });
  expect((await act("retry-saga", { id })).no).toMatch(/^It failed by a defect/);
  await stage.world.sql("delete from orders.sagas where id = $1", [id]);
});
