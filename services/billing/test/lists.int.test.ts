import {
  type Actor,
  CreditOrder,
  GetInvoice,
  IssueInvoice,
  ListCreditNotes,
  ListInvoices,
} from "@quartermaster/contracts";
import { newId, type RunningService } from "@quartermaster/messaging";
import { openWorld, type World } from "@quartermaster/testkit";
import { answerOf, asking, orderOf, startBilling } from "./fixture";

let world: World;
let billing: RunningService;
let ask: ReturnType<typeof asking>;

const ann = newId();
const bob = newId();
/** Five invoices in the order of their numbers: Ann's, Bob's, Ann's, Bob's, Ann's. */
const orders = [ann, bob, ann, bob, ann].map((id, n) => orderOf(1_000 * (n + 1), { id }));
const invoiceIds: string[] = [];
const noteIds: string[] = [];

beforeAll(async () => {
  world = await openWorld("billing");
  billing = await startBilling(world);
  ask = asking(billing);
  for (const order of orders) invoiceIds.push(answerOf(await ask(IssueInvoice, order)).invoiceId);
  for (const order of orders.slice(0, 2)) {
    noteIds.push(answerOf(await ask(CreditOrder, { orderId: order.orderId })).creditNote?.id ?? "");
  }
});
afterAll(async () => {
  await billing?.stop();
  await world?.close();
});

const foreign = [
  ["INV", "1"],
  ["INV"],
  ["INV", 1, 1],
  ["INV", 1e300],
  ["I\u0000V", 1],
  [1, 1],
  [null, {}],
].map((inside) => Buffer.from(JSON.stringify(inside)).toString("base64url"));
const annsUser: Actor = { kind: "user", id: "u-2", role: "CUSTOMER", customerId: ann };
const nobody: Actor = { kind: "user", id: "u-3", role: "CUSTOMER" };
const places = (page: { data: { id: string }[] }) => page.data.map(({ id }) => invoiceIds.indexOf(id));

test("invoices are listed newest first, a page at a time, each once", async () => {
  const first = answerOf(await ask(ListInvoices, { limit: 2 }));
  expect(places(first)).toEqual([4, 3]);
  const second = answerOf(await ask(ListInvoices, { limit: 2, after: first.next ?? "" }));
  expect(places(second)).toEqual([2, 1]);
  const third = answerOf(await ask(ListInvoices, { limit: 2, after: second.next ?? "" }));
  expect(places(third)).toEqual([0]);
  expect(third.next).toBeNull();
});

test("a listed invoice is the invoice as it is read alone", async () => {
  const page = answerOf(await ask(ListInvoices, { limit: 1 }));
  expect(page.data[0]).toEqual(answerOf(await ask(GetInvoice, { id: invoiceIds[4] ?? "" })));
});

test("invoices are filtered by customer, order and status, together too", async () => {
  const list = async (filter: {
    customerId?: string;
    orderId?: string;
    status?: "ISSUED" | "PAID" | "CREDITED";
  }) => places(answerOf(await ask(ListInvoices, { limit: 50, ...filter })));
  expect(await list({ customerId: bob })).toEqual([3, 1]);
  expect(await list({ orderId: orders[2]?.orderId })).toEqual([2]);
  expect(await list({ orderId: newId() })).toEqual([]);
  expect(await list({ status: "CREDITED" })).toEqual([1, 0]);
  expect(await list({ status: "ISSUED" })).toEqual([4, 3, 2]);
  expect(await list({ status: "PAID" })).toEqual([]);
  expect(await list({ customerId: ann, status: "CREDITED" })).toEqual([0]);
});

test("a cursor that is not ours is refused", async () => {
  for (const after of ["nonsense", ...foreign]) {
    expect(await ask(ListInvoices, { limit: 2, after })).toMatchObject({
      refusal: { code: "bad_request", details: { field: "after" } },
    });
    expect(await ask(ListCreditNotes, { limit: 2, after })).toMatchObject({
      refusal: { code: "bad_request" },
    });
  }
});

test("a customer's user sees its own invoices and credit notes, and nobody else's", async () => {
  const asAnn = { actor: annsUser };
  expect(places(answerOf(await ask(ListInvoices, { limit: 50 }, asAnn)))).toEqual([4, 2, 0]);
  expect(places(answerOf(await ask(ListInvoices, { limit: 50, customerId: bob }, asAnn)))).toEqual([]);
  expect(answerOf(await ask(GetInvoice, { id: invoiceIds[0] ?? "" }, asAnn)).id).toBe(invoiceIds[0]);
  expect(await ask(GetInvoice, { id: invoiceIds[1] ?? "" }, asAnn)).toMatchObject({
    refusal: { code: "forbidden" },
  });
  const notes = answerOf(await ask(ListCreditNotes, { limit: 50 }, asAnn));
  expect(notes.data.map(({ id }) => id)).toEqual([noteIds[0]]);
  expect(answerOf(await ask(ListCreditNotes, { limit: 50, customerId: bob }, asAnn)).data).toEqual([]);
});

test("a customer's user without a customer account sees nothing", async () => {
  expect(answerOf(await ask(ListInvoices, { limit: 50 }, { actor: nobody }))).toEqual({
    data: [],
    next: null,
  });
  expect(answerOf(await ask(ListCreditNotes, { limit: 50 }, { actor: nobody }))).toEqual({
    data: [],
    next: null,
  });
  expect(await ask(GetInvoice, { id: invoiceIds[0] ?? "" }, { actor: nobody })).toMatchObject({
    refusal: { code: "forbidden" },
  });
});

test("services and operators see every document; a stranger and a user without a role see none", async () => {
  const listed = async (actor: Actor) =>
    places(answerOf(await ask(ListInvoices, { limit: 5 }, { actor }))).length;
  expect(await listed({ kind: "service", id: "orders" })).toBe(5);
  expect(await listed({ kind: "operator", id: "ops" })).toBe(5);
  for (const actor of [
    { kind: "anonymous", id: "anonymous" },
    { kind: "user", id: "u-4" },
    { kind: "user", id: "u-5", customerId: ann },
  ] as const) {
    expect(await listed(actor)).toBe(0);
    expect(answerOf(await ask(ListCreditNotes, { limit: 5 }, { actor })).data).toEqual([]);
    expect(await ask(GetInvoice, { id: invoiceIds[0] ?? "" }, { actor })).toMatchObject({
      refusal: { code: "forbidden" },
    });
  }
});

test("an invoice that does not exist is not found", async () => {
  expect(await ask(GetInvoice, { id: newId() })).toMatchObject({ refusal: { code: "not_found" } });
});

test("credit notes are listed newest first, a page at a time", async () => {
  const first = answerOf(await ask(ListCreditNotes, { limit: 1 }));
  const second = answerOf(await ask(ListCreditNotes, { limit: 1, after: first.next ?? "" }));
  expect([...first.data, ...second.data].map(({ id }) => id)).toEqual([noteIds[1], noteIds[0]]);
  expect(second.next).toBeNull();
});

test("pages of long invoices are cut to what a message can carry, and go on behind it", async () => {
  const id = newId();
  const line = (n: number) => ({
    productId: n,
    sku: `SKU-${n}`,
    description: "A widget whose description is as long as descriptions may be. ".repeat(3),
    quantity: 1,
    unitPriceMinor: 1,
    lineTotalMinor: 1,
    taxCode: "STANDARD" as const,
  });
  const lines = Array.from({ length: 120 }, (_, n) => line(n + 1));
  await Promise.all(Array.from({ length: 40 }, () => ask(IssueInvoice, orderOf(1, { id }, { lines }))));
  const numbers: string[] = [];
  let pages = 0;
  for (let after: string | null | undefined; after !== null; pages++) {
    const page = answerOf(
      await ask(ListInvoices, { customerId: id, limit: 50, ...(after ? { after } : {}) }),
    );
    numbers.push(...page.data.map(({ number }) => number));
    after = page.next;
  }
  expect(pages).toBeGreaterThan(2);
  expect(numbers).toHaveLength(40);
  expect(numbers).toEqual([...new Set(numbers)].sort().reverse());
});
