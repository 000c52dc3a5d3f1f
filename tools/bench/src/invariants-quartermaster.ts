import { serviceNames } from "@quartermaster/servers";
import type { Client } from "pg";
import { type Check, type Mark, type RowChecks, rowChecks } from "./invariants";

/** Services that say events; each counts them in a table of its own. */
const sources = ["identity", "inventory", "orders", "billing"] as const;

/** What every service has said so far, one row per source. */
const said = sources
  .map((source) => `select '${source}' as source, epoch, last_seq from ${source}.event_counter`)
  .join(" union all ");

const parked = serviceNames
  .map((service) => `select '${service}' as service, subject, reason from ${service}.dead_letters`)
  .join(" union all ");

const start: Mark = { number: 0, position: 0, said: "{}", reserved: "{}", held: 0 };

const markSql = `select (select coalesce(max(number), 0)::int from billing.invoices where series = 'INV') as number,
    (select coalesce(max(position), 0)::int from audit.records) as position,
    (select json_object_agg(source || ' ' || epoch, last_seq)::text from (${said}) s) as said,
    (select json_object_agg(product_id || ' ' || location_id, reserved)::text from inventory.levels) as reserved,
    (select count(*)::int from inventory.reservation_lines where state = 'HELD') as held`;

/** The invoices behind the mark; each PENDING order has one, which a check of its own says. */
const issued = ({ number }: Mark) =>
  `issued as (select * from billing.invoices where series = 'INV' and number > ${number})`;

/** The reservations of those invoices' orders. */
const held = (since: Mark) =>
  `${issued(since)}, held as (
    select r.order_id, r.product_id, r.location_id, r.quantity - r.consumed as quantity
    from inventory.reservation_lines r join issued on issued.source_id = r.order_id where r.state = 'HELD'
  )`;

/** What was counted at the mark, by key. */
const before = (json: string | number | undefined) =>
  `before as (select key, value::bigint as count from json_each_text('${json}'))`;

const stockChecks: readonly Check[] = [
  {
    says: "the movements of a level do not add up to what is on hand",
    sql: () => `select l.product_id, l.on_hand, sum(m.quantity) as moved
      from inventory.levels l left join inventory.movements m using (product_id, location_id)
      group by l.product_id, l.location_id, l.on_hand having l.on_hand <> coalesce(sum(m.quantity), 0)`,
  },
  {
    says: "the batches of a level do not add up to what is on hand",
    sql: () => `select l.product_id, l.on_hand, sum(b.available_quantity) as in_batches
      from inventory.levels l left join inventory.batches b using (product_id, location_id)
      group by l.product_id, l.location_id, l.on_hand having l.on_hand <> coalesce(sum(b.available_quantity), 0)`,
  },
  {
    says: "more is reserved than is there, or a quantity is negative",
    sql: () => "select * from inventory.levels where on_hand < 0 or reserved < 0 or reserved > on_hand",
  },
  {
    says: "a level's reserved quantity is not the sum of what is held of it",
    sql: (since) => `with ${held(since)}, ${before(since.reserved)}, added as (
        select product_id, location_id, sum(quantity) as quantity from held group by product_id, location_id
      )
      select product_id, location_id, l.reserved, before.count as before, a.quantity as added
      from inventory.levels l full join added a using (product_id, location_id)
        left join before on before.key = product_id || ' ' || location_id
      where l.reserved is distinct from coalesce(before.count, 0) + coalesce(a.quantity, 0)`,
  },
  {
    says: "stock is held for something that is no invoiced order",
    sql: (since) => `with ${held(since)} select count(*) as held, (select count(*) from held) as of_orders
      from inventory.reservation_lines where state = 'HELD'
      having count(*) <> ${since.held} + (select count(*) from held)`,
  },
  {
    says: "a PENDING order holds other quantities than its lines say",
    sql: (since) => `with ${held(since)}
      select order_id, product_id
      from (
        select l.order_id, l.product_id, sum(l.quantity) as quantity
        from orders.order_lines l join issued on issued.source_id = l.order_id group by l.order_id, l.product_id
      ) o
      full join (
        select order_id, product_id, sum(quantity) as quantity from held group by order_id, product_id
      ) h using (order_id, product_id)
      where o.quantity is distinct from h.quantity`,
  },
];

const documentChecks: readonly Check[] = [
  {
    says: "there are not as many invoices as PENDING orders",
    sql: () => `select count(*) as orders, (select count(*) from billing.invoices) as invoices
      from orders.orders where status = 'PENDING' having count(*) <> (select count(*) from billing.invoices)`,
  },
  {
    says: "an invoice has no PENDING order, or one with other sums, number or customer",
    sql: (since) => `with ${issued(since)} select i.id, i.source_id
      from issued i left join orders.orders o
        on o.id = i.source_id and o.status = 'PENDING' and i.source_kind = 'ORDER' and o.invoice_id = i.id
      where (o.grand_total_minor, o.tax_amount_minor, o.customer_id, o.invoice_number)
        is distinct from (i.total_minor, i.tax_minor, i.customer_id,
          'INV-' || lpad(i.number::text, greatest(6, length(i.number::text)), '0'))`,
  },
  {
    says: "an order has two invoices",
    sql: (since) =>
      `with ${issued(since)} select source_id, count(*) from issued group by source_id having count(*) > 1`,
  },
  {
    says: "the invoice numbers do not run on without a gap",
    sql: (since) => `with ${issued(since)} select count(*), min(number), max(number), s.last_number
      from billing.document_series s left join issued i on true where s.series = 'INV' group by s.last_number
      having count(i.number) <> s.last_number - ${since.number} or max(i.number) <> s.last_number
        or min(i.number) <> ${since.number} + 1`,
  },
  {
    says: "an order was left on its way",
    sql: () => "select id, status from orders.orders where status = 'PLACING'",
  },
];

const eventChecks: readonly Check[] = [
  { says: "a message was given up", sql: () => parked },
  {
    says: "the audit has not recorded each event that a service has said, once",
    sql: (since) => `with ${before(since.said)}, recorded as (
        select source, epoch, count(*) as records, count(distinct seq) as seqs, min(seq) as lowest, max(seq) as highest
        from audit.records where position > ${since.position} group by source, epoch
      )
      select source, epoch, last_seq, records, before.count as before
      from (${said}) s full join recorded r using (source, epoch)
        left join before on before.key = source || ' ' || epoch
      where s.last_seq is null or coalesce(records, 0) <> s.last_seq - coalesce(before.count, 0)
        or seqs <> records or highest <> s.last_seq or lowest <> coalesce(before.count, 0) + 1`,
  },
  {
    says: "the audit's positions do not run on without a gap",
    sql: ({
      position,
    }) => `select count(*), max(r.position) from audit.records r where r.position > ${position}
      having count(*) <> coalesce(max(r.position), ${position}) - ${position}`,
  },
];

/** Over everything that the stack holds; all of it must come from this run. */
export function quartermasterRowChecks(url: string): RowChecks {
  return rowChecks({ url, checks: [...stockChecks, ...documentChecks, ...eventChecks], start, markSql });
}

/** What is still under way, as sentences; cheap enough to be asked often. */
export async function openWork(client: Client): Promise<string[]> {
  const { rows } = await client.query(
    `select s.source, s.last_seq - coalesce(h.contiguous, 0) as missing
      from (${said}) s
      left join audit.heard h on h.source = s.source and h.epoch = s.epoch
      where s.last_seq > coalesce(h.contiguous, 0)
      union all
      select 'sagas', count(*) from orders.sagas where due_at is not null having count(*) > 0`,
  );
  return rows.map((row) =>
    row.source === "sagas" ? `${row.missing} sagas` : `${row.missing} events of ${row.source}`,
  );
}
