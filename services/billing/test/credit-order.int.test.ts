import { CreditOrder, GetInvoice, IssueInvoice, ListCreditNotes } from "@quartermaster/contracts";
import { newId, type RunningService } from "@quartermaster/messaging";
import { openWorld, silentLog, type World } from "@quartermaster/testkit";
import { answerOf, asking, orderOf, saidAbout, startBilling } from "./fixture";

let world: World;
let billing: RunningService;
let ask: ReturnType<typeof asking>;

beforeAll(async () => {
  world = await openWorld("billing");
  billing = await startBilling(world);
  ask = asking(billing);
});
afterAll(async () => {
  await billing?.stop();
  await world?.close();
});

test("cancelling an order credits its whole invoice, which stays as it is", async () => {
  const order = orderOf(1_000, {}, { shippingMinor: 50 });
  const invoice = answerOf(await ask(IssueInvoice, order));
  const { creditNote } = answerOf(
    await ask(CreditOrder, { orderId: order.orderId, reason: "changed my mind" }),
  );
  expect(creditNote).toEqual({
    id: expect.any(String),
    number: expect.stringMatching(/^CN-\d{6}$/),
    series: "CN",
    invoiceId: invoice.invoiceId,
    invoiceNumber: invoice.number,
    customerId: order.customer.id,
    subtotalMinor: 1_050,
    taxMinor: 95,
    totalMinor: 1_145,
    currency: "USD",
    reason: "changed my mind",
    issuedAt: expect.any(String),
    issuedBy: "ada",
  });
  expect(answerOf(await ask(GetInvoice, { id: invoice.invoiceId }))).toMatchObject({
    status: "CREDITED",
    totalMinor: 1_145,
    creditedMinor: 1_145,
    paidMinor: 0,
  });
  const note = creditNote as NonNullable<typeof creditNote>;
  expect(await saidAbout(world, note.id)).toEqual([
    {
      event: "billing.credit-note-issued.v1",
      body: {
        entityId: note.id,
        version: 1,
        old: null,
        new: {
          number: note.number,
          invoiceId: invoice.invoiceId,
          invoiceNumber: invoice.number,
          customerId: order.customer.id,
          subtotalMinor: 1_050,
          taxMinor: 95,
          totalMinor: 1_145,
          reason: "changed my mind",
        },
      },
    },
  ]);
  const [stored] = await world.sql<{ same: boolean; snapshot: string }>(
    `select snapshot, snapshot_sha256 = sha256(convert_to(snapshot, 'UTF8')) as same
     from billing.credit_notes where id = $1`,
    [note.id],
  );
  expect(stored?.same).toBe(true);
  expect(JSON.parse(stored?.snapshot ?? "").lines).toHaveLength(2);
});

test("an order without an invoice has nothing to credit", async () => {
  expect(answerOf(await ask(CreditOrder, { orderId: newId() }))).toEqual({ creditNote: null });
});

test("asked again, alone or many at once over two instances, the one credit note is answered", async () => {
  const other = await startBilling(world);
  const order = orderOf(1_000);
  const invoice = answerOf(await ask(IssueInvoice, order));
  const asks = [ask, asking(other)];
  const answered = await Promise.all(
    Array.from({ length: 20 }, (_, n) => asks[n % 2]?.(CreditOrder, { orderId: order.orderId })),
  );
  const notes = answered.map((one) => one && answerOf(one).creditNote);
  expect(notes).toEqual(Array(20).fill(notes[0]));
  expect(answerOf(await ask(CreditOrder, { orderId: order.orderId }))).toEqual({ creditNote: notes[0] });
  expect(await saidAbout(world, notes[0]?.id ?? "")).toHaveLength(1);
  expect(answerOf(await ask(ListCreditNotes, { invoiceId: invoice.invoiceId, limit: 50 }))).toEqual({
    data: [notes[0]],
    next: null,
  });
  await other.stop();
});

test("an invoice over nothing is credited once, with a note over nothing", async () => {
  const order = orderOf(0);
  const invoice = answerOf(await ask(IssueInvoice, order));
  expect(answerOf(await ask(GetInvoice, { id: invoice.invoiceId })).status).toBe("ISSUED");
  const first = answerOf(await ask(CreditOrder, { orderId: order.orderId }));
  expect(first.creditNote?.totalMinor).toBe(0);
  expect(answerOf(await ask(CreditOrder, { orderId: order.orderId }))).toEqual(first);
  expect(answerOf(await ask(GetInvoice, { id: invoice.invoiceId })).status).toBe("CREDITED");
});

test("crediting and issuing for the same customers at once never dead-lock, and the balances add up", async () => {
  const warned = jest.spyOn(silentLog, "warn");
  const other = await startBilling(world);
  const asks = [ask, asking(other)];
  const buyers = Array.from({ length: 5 }, () => newId());
  const orders = Array.from({ length: 60 }, (_, n) => orderOf(100 + n, { id: buyers[n % 5] }));
  await Promise.all(orders.map((order, n) => asks[n % 2]?.(IssueInvoice, order)));
  const more = Array.from({ length: 60 }, (_, n) => orderOf(100 + n, { id: buyers[(n * 3) % 5] }));
  await Promise.all([
    ...orders.map((order, n) => asks[n % 2]?.(CreditOrder, { orderId: order.orderId })),
    ...more.map((order, n) => asks[(n + 1) % 2]?.(IssueInvoice, order)),
  ]);
  await other.stop();
  // A batch that meets a dead-lock is tried again with a warning: none may ever.
  const faults = warned.mock.calls.map(([about]) => (about as { err?: { code?: string } }).err);
  warned.mockRestore();
  expect(faults).toEqual([]);
  const wrong = await world.sql(
    `select customer_id from billing.customer_accounts a where open_minor is distinct from
       (select coalesce(sum(total_minor), 0) from billing.invoices i where i.customer_id = a.customer_id)
       - (select coalesce(sum(total_minor), 0) from billing.credit_notes c where c.customer_id = a.customer_id)`,
  );
  expect(wrong).toEqual([]);
  const numbers = await world.sql<{ number: string }>(
    "select number from billing.credit_notes where series = 'CN' order by number",
  );
  expect(numbers.map(({ number }) => Number(number))).toEqual(numbers.map((_, n) => n + 1));
});
