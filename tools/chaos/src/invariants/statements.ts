import { serviceNames } from "@quartermaster/servers";

/**
 * RELIABILITY.md, I1 to I6, as SQL that shares no code with the services. Each statement finds what breaks an invariant,
 * so that a whole answer can be compared with nothing.
 */
export interface Broken {
  readonly invariant: "I1" | "I2" | "I3" | "I4" | "I5" | "I6";
  /** What it means when a row is found. */
  readonly says: string;
  readonly sql: string;
}

/** All services say events; each counts them in a table of its own. */
export const sources = serviceNames;

const each = (table: string, columns: string, services: readonly string[] = sources) =>
  services.map((one) => `select '${one}' as source, ${columns} from ${one}.${table}`).join(" union all ");

/** Everything that every service has said. */
const said = each("outbox", "epoch, seq, subject, body");

/** How far each service has come, in its epochs before a restore too; of those the last event is the end. */
const counted = sources
  .map(
    (one) => `select '${one}' as source, epoch, last_seq from ${one}.event_counter
      union all select '${one}', epoch, max(seq) from ${one}.outbox where epoch < (select epoch from ${one}.event_counter) group by epoch`,
  )
  .join(" union all ");

const stock: readonly Broken[] = [
  {
    invariant: "I1",
    says: "the movements of a level do not add up to what is on hand",
    sql: `select l.product_id, l.on_hand, coalesce(sum(m.quantity), 0) as moved
      from inventory.levels l left join inventory.movements m using (product_id, location_id)
      group by l.product_id, l.location_id, l.on_hand having l.on_hand <> coalesce(sum(m.quantity), 0)`,
  },
  {
    invariant: "I1",
    says: "the batches of a level do not add up to what is on hand",
    sql: `select l.product_id, l.on_hand, coalesce(sum(b.available_quantity), 0) as in_batches
      from inventory.levels l left join inventory.batches b using (product_id, location_id)
      group by l.product_id, l.location_id, l.on_hand having l.on_hand <> coalesce(sum(b.available_quantity), 0)`,
  },
  {
    invariant: "I1",
    says: "what is reserved of a level is not the sum of what is held of it",
    sql: `select l.product_id, l.reserved, coalesce(sum(r.quantity - r.consumed), 0) as held
      from inventory.levels l
      left join inventory.reservation_lines r
        on r.product_id = l.product_id and r.location_id = l.location_id and r.state = 'HELD'
      group by l.product_id, l.location_id, l.reserved having l.reserved <> coalesce(sum(r.quantity - r.consumed), 0)`,
  },
  {
    invariant: "I1",
    says: "a quantity is negative, or more is reserved than is there",
    sql: "select * from inventory.levels where on_hand < 0 or reserved < 0 or reserved > on_hand",
  },
];

const documents: readonly Broken[] = [
  {
    invariant: "I2",
    says: "an order that was placed has no invoice, or several",
    sql: `select o.id, o.status, count(i.id) as invoices
      from orders.orders o left join billing.invoices i on i.source_id = o.id
      where o.status not in ('PLACING', 'REJECTED') group by o.id, o.status having count(i.id) <> 1`,
  },
  {
    invariant: "I2",
    says: "a REJECTED order has an invoice, or holds stock",
    sql: `select o.id from orders.orders o where o.status = 'REJECTED' and (
      exists (select from billing.invoices i where i.source_id = o.id)
      or exists (select from inventory.reservation_lines r where r.order_id = o.id and r.state = 'HELD'))`,
  },
  {
    invariant: "I2",
    says: "a PENDING order holds other quantities than its lines say",
    sql: `select o.id from orders.orders o where o.status = 'PENDING' and
      (select array_agg((product_id, quantity) order by product_id) from orders.order_lines where order_id = o.id)
      is distinct from
      (select array_agg((product_id, quantity) order by product_id) from (
        select product_id, sum(quantity)::bigint as quantity from inventory.reservation_lines
        where order_id = o.id and state = 'HELD' group by product_id) held)`,
  },
  {
    invariant: "I2",
    says: "stock is held, or an invoice stands, for an order that does not exist",
    sql: `select r.order_id from inventory.reservation_lines r
      where r.state = 'HELD' and not exists (select from orders.orders o where o.id = r.order_id)
      union all
      select i.source_id from billing.invoices i
      where i.source_kind = 'ORDER' and not exists (select from orders.orders o where o.id = i.source_id)`,
  },
  {
    invariant: "I2",
    says: "a CANCELLED order is not credited once and whole, or holds stock",
    sql: `select o.id from orders.orders o where o.status = 'CANCELLED' and (
      (select coalesce(sum(c.total_minor), -1) from billing.credit_notes c join billing.invoices i on i.id = c.invoice_id
        where i.source_id = o.id) <> o.grand_total_minor
      or exists (select from inventory.reservation_lines r where r.order_id = o.id and r.state = 'HELD'))`,
  },
  {
    invariant: "I2",
    says: "an order and its invoice say different sums",
    sql: `select o.id from orders.orders o join billing.invoices i on i.source_id = o.id
      where (o.grand_total_minor, o.tax_amount_minor, o.customer_id, o.invoice_id)
        is distinct from (i.total_minor, i.tax_minor, i.customer_id, i.id) and o.status <> 'PLACING'`,
  },
  {
    invariant: "I3",
    says: "a series of documents does not run from 1 to n",
    sql: `select s.series, s.last_number, count(d.number) as documents, min(d.number) as lowest, max(d.number) as highest
      from billing.document_series s left join (
        select series, number from billing.invoices union all select series, number from billing.credit_notes) d using (series)
      group by s.series, s.last_number
      having count(d.number) <> s.last_number or coalesce(max(d.number), 0) <> s.last_number
        or count(distinct d.number) <> count(d.number)`,
  },
  {
    invariant: "I3",
    says: "the date of a document lies before that of the number before it",
    sql: `select series, number from (
        select series, number, issued_at, lag(issued_at) over (partition by series order by number) as before
        from (select series, number, issued_at from billing.invoices
          union all select series, number, issued_at from billing.credit_notes) d) i
      where issued_at < before`,
  },
];

const effects: readonly Broken[] = [
  {
    invariant: "I4",
    says: "something happened and was not said by its one event, or was said without happening",
    sql: `with done as (
        select 'evt.orders.order-placed.v1' as subject, id::text from orders.orders where status not in ('PLACING', 'REJECTED')
        union all select 'evt.orders.order-rejected.v1', id::text from orders.orders where status = 'REJECTED'
        union all select 'evt.orders.order-cancelled.v1', id::text from orders.orders where status = 'CANCELLED'
        union all select 'evt.billing.invoice-issued.v1', id::text from billing.invoices
        union all select 'evt.billing.credit-note-issued.v1', id::text from billing.credit_notes
        union all select 'evt.inventory.product-created.v1', id::text from inventory.products
        union all select 'evt.orders.customer-opened.v1', id::text from orders.customers
      ), told as (
        select subject, body::json->>'entityId' as id, count(*) as times from (${said}) s
        where subject in (select distinct subject from done) group by 1, 2
      )
      select * from done full join told using (subject, id) where coalesce(times, 0) <> 1 or done.id is null`,
  },
  {
    invariant: "I4",
    says: "a reservation was not said once, or a release was said twice",
    sql: `with told as (
        select subject, body::json->>'entityId' as id, count(*) as times from inventory.outbox
        where subject in ('evt.inventory.stock-reserved.v1', 'evt.inventory.stock-released.v1') group by 1, 2
      )
      select id, subject, times from told where times <> 1
      union all
      select order_id::text, 'a line without its event', 0 from inventory.reservation_lines l
      where not exists (select from told where told.id = l.order_id::text and subject = 'evt.inventory.stock-reserved.v1')`,
  },
  {
    invariant: "I4",
    says: "a message was given up",
    sql: each("dead_letters where state = 'open'", "subject, left(reason, 200) as reason"),
  },
];

const sagas: readonly Broken[] = [
  {
    invariant: "I6",
    says: "a saga goes on for an order that is settled",
    sql: `select s.id, s.name, s.phase, s.attempts, o.status from orders.sagas s join orders.orders o on o.id = s.order_id
      where s.due_at is not null and (s.name = 'place-order' and o.status <> 'PLACING' or o.status = 'CANCELLED')`,
  },
  {
    invariant: "I6",
    says: "an order is PLACING, and no saga goes on for it",
    sql: `select o.id from orders.orders o where o.status = 'PLACING'
      and not exists (select from orders.sagas s where s.order_id = o.id and s.due_at is not null)`,
  },
];

const trail: readonly Broken[] = [
  {
    invariant: "I5",
    says: "a service's numbers do not run from 1 to its count",
    sql: `select c.source, c.epoch, c.last_seq, count(s.seq), min(s.seq), max(s.seq)
      from (${counted}) c left join (${said}) s on s.source = c.source and s.epoch = c.epoch
      group by c.source, c.epoch, c.last_seq
      having count(s.seq) <> c.last_seq or coalesce(max(s.seq), 0) <> c.last_seq or (c.last_seq > 0 and min(s.seq) <> 1)`,
  },
  {
    invariant: "I5",
    says: "the audit has not recorded each event that a service has said, once and as it was said",
    sql: `select coalesce(s.source, r.source) as source, coalesce(s.seq, r.seq) as seq, s.subject, r.event
      from (${said}) s full join audit.records r on r.source = s.source and r.epoch = s.epoch and r.seq = s.seq
      where s.seq is null or r.seq is null or s.subject <> 'evt.' || r.event or r.record_id <> s.body::json->>'entityId'`,
  },
];

export const statements: readonly Broken[] = [...stock, ...documents, ...effects, ...trail, ...sagas];

/** What is still under way: sagas, orders, and events that the audit lacks. */
export const openWork = `
  select 'sagas unfinished' as what, count(*)::int as count from orders.sagas where due_at is not null
  union all select 'orders PLACING', count(*)::int from orders.orders where status = 'PLACING'
  union all select 'events not in the audit', coalesce(sum(c.last_seq - coalesce(h.contiguous, 0)), 0)::int
    from (${counted}) c
    left join audit.heard h on h.source = c.source and h.epoch = c.epoch`;
