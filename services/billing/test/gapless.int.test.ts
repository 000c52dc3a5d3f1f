import { IssueInvoice } from "@quartermaster/contracts";
import { newId, type RunningService } from "@quartermaster/messaging";
import { openWorld, type World } from "@quartermaster/testkit";
import { asking, type InvoiceAsk, orderOf, startBilling } from "./fixture";

const writers = 32;
const ordersPerWriter = 20;

let world: World;
const instances: RunningService[] = [];

beforeAll(async () => {
  world = await openWorld("billing");
  for (const INSTANCE of ["one", "two"]) instances.push(await startBilling(world, { INSTANCE }));
});
afterAll(async () => {
  for (const instance of instances) await instance.stop();
  await world?.close();
});

/** One writer's orders: most are new, some repeat another id or order, some are over the limit, some are poison. */
async function write(writer: number, buyers: readonly string[]): Promise<string[]> {
  const instance = instances[writer % instances.length];
  if (!instance) throw new Error("no instance");
  const ask = asking(instance);
  const issued: string[] = [];
  const send = async (order: InvoiceAsk, id: string) => {
    const answered = await ask(IssueInvoice, order, { id }).catch(() => undefined);
    if (answered && "answer" in answered) issued.push(`${order.orderId} ${answered.answer.number}`);
  };
  for (let n = 0; n < ordersPerWriter; n++) {
    const id = buyers[(writer + n) % buyers.length] ?? newId();
    const paymentTerms = n % 2 === 0 ? "CREDIT" : "CASH";
    const order = orderOf(1_000 + n, {
      id,
      paymentTerms,
      creditLimitMinor: n % 4 === 0 ? 20_000 : 1_000_000_000,
    });
    if (n % 10 === 9) order.lines = order.lines.map((line) => ({ ...line, quantity: 7 }));
    const command = newId();
    await Promise.all([
      send(order, command),
      ...(n % 3 === 0 ? [send(order, command)] : []),
      ...(n % 5 === 0 ? [send(order, newId())] : []),
    ]);
  }
  return issued;
}

test("32 writers over two instances, with duplicates, refusals and aborted batches, leave no gap and no duplicate", async () => {
  const buyers = Array.from({ length: 6 }, () => newId());
  const issued = (await Promise.all(Array.from({ length: writers }, (_, n) => write(n, buyers)))).flat();

  const rows = await world.sql<{ number: string; order: string; at: Date }>(
    `select number, source_id as "order", issued_at as at from billing.invoices where series = 'INV' order by number`,
  );
  expect(rows.length).toBeGreaterThan(writers * ordersPerWriter * 0.5);
  expect(rows.map(({ number }) => Number(number))).toEqual(rows.map((_, n) => n + 1));
  expect(new Set(rows.map(({ order }) => order)).size).toBe(rows.length);
  const dates = rows.map(({ at }) => at.getTime());
  expect(dates).toEqual([...dates].sort((a, b) => a - b));

  // Everybody was answered with the number that stands in the table, and nothing stands there that nobody asked for.
  const numbered = rows.map(({ order, number }) => `${order} INV-${String(number).padStart(6, "0")}`);
  expect(new Set(issued)).toEqual(new Set(numbered));

  const [counts] = await world.sql<Record<string, string>>(
    `select
       (select last_number from billing.document_series where series = 'INV') as last,
       (select count(*) from billing.invoice_sources where state = 'ISSUED') as sources,
       (select count(*) from billing.outbox where subject = 'evt.billing.invoice-issued.v1') as said,
       (select last_seq from billing.event_counter) as seq,
       (select count(*) from billing.outbox) as events,
       (select count(distinct headers::json ->> 'Nats-Msg-Id') from billing.dead_letters) as parked,
       (select count(*) from billing.customer_accounts a where open_minor is distinct from
         (select coalesce(sum(total_minor), 0) from billing.invoices i where i.customer_id = a.customer_id)) as wrong`,
  );
  const all = Object.fromEntries(Object.entries(counts ?? {}).map(([name, value]) => [name, Number(value)]));
  expect(all).toEqual({
    last: rows.length,
    sources: rows.length,
    said: rows.length,
    seq: all.events,
    events: expect.any(Number),
    parked: writers * (ordersPerWriter / 10),
    wrong: 0,
  });
  expect(all.events).toBeGreaterThan(rows.length); // Some were refused, or this proves less than it says.
}, 60_000);
