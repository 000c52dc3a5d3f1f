import { CancelIssue, CreditOrder, IssueInvoice } from "@quartermaster/contracts";
import { newId, type RunningService } from "@quartermaster/messaging";
import { eventually, openWorld, type World } from "@quartermaster/testkit";
import { Client } from "pg";
import { answerOf, asking, orderOf, startBilling } from "./fixture";

let world: World;
let one: RunningService;
let two: RunningService;

beforeAll(async () => {
  world = await openWorld("billing");
  [one, two] = await Promise.all([startBilling(world), startBilling(world)]);
});
afterAll(async () => {
  await Promise.all([one?.stop(), two?.stop()]);
  await world?.close();
});

/** So many transactions of billing wait for a row that another one holds. */
const blocked = (count: number) => async () => {
  const [row] = await world.sql<{ waiting: string }>(
    `select count(*) as waiting from pg_stat_activity
     where datname = current_database() and usename = 'billing' and wait_event_type = 'Lock'
       and wait_event in ('transactionid', 'tuple')`,
  );
  return Number(row?.waiting) >= count;
};

/** Holds a row's lock while `work` runs, so that billing's transactions stop exactly where they want it. */
async function holding<T>(statement: string, work: () => Promise<T>): Promise<T> {
  const holder = new Client({ connectionString: world.ownerUrl });
  await holder.connect();
  try {
    await holder.query("begin");
    await holder.query(statement);
    const result = await work();
    await holder.query("rollback");
    return result;
  } finally {
    await holder.end();
  }
}

const series = (name: string) => `select from billing.document_series where series = '${name}' for update`;
const eventCounter = "select from billing.event_counter for update";

test("a fence that comes while the invoice is being issued waits, and answers with that invoice", async () => {
  const order = orderOf(1_000);
  const { issuing, fencing } = await holding(series("INV"), async () => {
    const issuing = asking(one)(IssueInvoice, order);
    await eventually(blocked(1), { withinMs: 5_000 });
    const fencing = asking(two)(CancelIssue, { orderId: order.orderId });
    await eventually(blocked(2), { withinMs: 5_000 });
    return { issuing, fencing };
  });
  const invoice = answerOf(await issuing);
  expect(answerOf(await fencing)).toEqual({ state: "already-done", invoice });
});

test("an invoice that comes while it is being forbidden waits, and is refused", async () => {
  const order = orderOf(1_000);
  const { issuing, fencing } = await holding(eventCounter, async () => {
    const fencing = asking(one)(CancelIssue, { orderId: order.orderId });
    await eventually(blocked(1), { withinMs: 5_000 });
    const issuing = asking(two)(IssueInvoice, order);
    await eventually(blocked(2), { withinMs: 5_000 });
    return { issuing, fencing };
  });
  expect(answerOf(await fencing)).toEqual({ state: "cancelled" });
  expect(await issuing).toMatchObject({ refusal: { code: "fenced" } });
});

test("two first invoices of one customer cannot both take the credit that is there for one", async () => {
  const buyer = { id: newId(), paymentTerms: "CREDIT", creditLimitMinor: 1_500 } as const;
  const answered = await holding(series("INV"), () =>
    untilBlocked(2, () => [
      asking(one)(IssueInvoice, orderOf(1_000, buyer)),
      asking(two)(IssueInvoice, orderOf(1_000, buyer)),
    ]),
  );
  const outcomes = (await Promise.all(answered)).map((reply) => ("answer" in reply ? "issued" : "refused"));
  expect(outcomes.filter((outcome) => outcome === "issued")).toHaveLength(1);
});

test("two credits of one invoice at once are one credit note", async () => {
  const order = orderOf(1_000);
  answerOf(await asking(one)(IssueInvoice, order));
  const answered = await holding(series("CN"), () =>
    untilBlocked(2, () => [
      asking(one)(CreditOrder, { orderId: order.orderId }),
      asking(two)(CreditOrder, { orderId: order.orderId }),
    ]),
  );
  const notes = (await Promise.all(answered)).map(answerOf);
  expect(new Set(notes.map(({ creditNote }) => creditNote?.number)).size).toBe(1);
});

/** NATS chooses the instance that is asked: asks again until both of them have a transaction that waits. */
async function untilBlocked<T>(count: number, ask: () => Promise<T>[]): Promise<Promise<T>[]> {
  const asked: Promise<T>[] = [];
  await eventually(
    async () => {
      asked.push(...ask());
      return eventually(blocked(count), { withinMs: 200 });
    },
    { withinMs: 10_000 },
  );
  return asked;
}
