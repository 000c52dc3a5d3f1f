import type { Journey } from "./journey";

/**
 * RELIABILITY.md, I1 to I6, in SQL that shares no code with the services. Each statement finds what breaks the invariant,
 * so that whole answers can be compared with nothing.
 */
const brokenBy = {
  "I1 movements add up to what is on hand": `
    select l.product_id, l.on_hand, coalesce(sum(m.quantity), 0) as moved
    from inventory.levels l left join inventory.movements m using (product_id, location_id)
    group by l.product_id, l.location_id, l.on_hand having l.on_hand <> coalesce(sum(m.quantity), 0)`,
  "I1 batches add up to what is on hand": `
    select l.product_id, l.on_hand, coalesce(sum(b.available_quantity), 0) as in_batches
    from inventory.levels l left join inventory.batches b using (product_id, location_id)
    group by l.product_id, l.location_id, l.on_hand having l.on_hand <> coalesce(sum(b.available_quantity), 0)`,
  "I1 held lines add up to what is reserved": `
    select l.product_id, l.reserved, coalesce(sum(r.quantity - r.consumed), 0) as held
    from inventory.levels l
    left join inventory.reservation_lines r
      on r.product_id = l.product_id and r.location_id = l.location_id and r.state = 'HELD'
    group by l.product_id, l.location_id, l.reserved having l.reserved <> coalesce(sum(r.quantity - r.consumed), 0)`,
  "I1 nothing is negative":
    "select * from inventory.levels where on_hand < 0 or reserved < 0 or reserved > on_hand",
  "I2 a placed order has exactly one invoice": `
    select o.id, o.status, count(i.id) as invoices
    from orders.orders o left join billing.invoices i on i.source_id = o.id
    where o.status not in ('PLACING', 'REJECTED') group by o.id, o.status having count(i.id) <> 1`,
  "I2 a rejected order has no invoice and holds no stock": `
    select o.id from orders.orders o where o.status = 'REJECTED' and (
      exists (select from billing.invoices i where i.source_id = o.id)
      or exists (select from inventory.reservation_lines r where r.order_id = o.id and r.state = 'HELD'))`,
  "I2 a pending order holds exactly its lines": `
    select o.id from orders.orders o where o.status = 'PENDING' and
      (select array_agg((product_id, quantity) order by product_id) from orders.order_lines where order_id = o.id)
      is distinct from
      (select array_agg((product_id, quantity) order by product_id) from (
        select product_id, sum(quantity)::bigint as quantity from inventory.reservation_lines
        where order_id = o.id and state = 'HELD' group by product_id) held)`,
  "I2 no stock is held and no invoice stands for an order that does not exist": `
    select r.order_id from inventory.reservation_lines r
    where r.state = 'HELD' and not exists (select from orders.orders o where o.id = r.order_id)
    union all
    select i.source_id from billing.invoices i
    where i.source_kind = 'ORDER' and not exists (select from orders.orders o where o.id = i.source_id)`,
  "I3 series run from 1 to n": `
    select series, count(*) as documents, max(number) as highest
    from (select series, number from billing.invoices union all select series, number from billing.credit_notes) d
    group by series having count(*) <> max(number)`,
  "I3 dates do not go back": `
    select number from (
      select number, issued_at, lag(issued_at) over (order by number) as before from billing.invoices) i
    where issued_at < before`,
  "I6 no saga is unfinished":
    "select id, name, phase, step, attempts from orders.sagas where due_at is not null",
  "I6 no order is being placed": "select id from orders.orders where status = 'PLACING'",
} as const;

const speakers = ["identity", "inventory", "orders", "billing"] as const;

/** What breaks the invariants, by name; empty when all hold. */
export async function brokenInvariants({ sql }: Pick<Journey, "sql">): Promise<Record<string, unknown[]>> {
  const broken: Record<string, unknown[]> = {};
  for (const [name, statement] of Object.entries(brokenBy)) {
    const rows = await sql(statement);
    if (rows.length > 0) broken[name] = rows.slice(0, 5);
  }
  return broken;
}

/** I5: what each service has said and what the audit has recorded of it, per source; equal when nothing is lost or doubled. */
export async function auditAgainstOutboxes({ sql }: Journey) {
  const said: Record<string, number> = {};
  for (const service of speakers) {
    const [row] = await sql<{ last_seq: string }>(`select last_seq from ${service}.event_counter`);
    said[service] = Number(row?.last_seq);
  }
  const rows = await sql<{ source: string; records: string; highest: string }>(
    "select source, count(*) as records, max(seq) as highest from audit.records group by source",
  );
  const recorded = Object.fromEntries(
    rows.map((row) => [row.source, { records: Number(row.records), highest: Number(row.highest) }]),
  );
  return { said, recorded };
}

/** True once the audit has every event of every service once. */
export async function auditIsComplete(journey: Journey): Promise<boolean> {
  const { said, recorded } = await auditAgainstOutboxes(journey);
  return speakers.every(
    (service) =>
      said[service] === (recorded[service]?.records ?? 0) &&
      said[service] === (recorded[service]?.highest ?? 0),
  );
}
