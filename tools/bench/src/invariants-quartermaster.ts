import { serviceNames } from "@quartermaster/servers";
import type { Client } from "pg";
import { type Check, failing, withClient } from "./invariants";

/** Services that say events; each counts them in a table of its own. */
const sources = ["identity", "inventory", "orders", "billing"] as const;

/** What every service has said so far, one row per source. */
const said = sources
  .map((source) => `select '${source}' as source, epoch, last_seq from ${source}.event_counter`)
  .join(" union all ");

const parked = serviceNames
  .map((service) => `select '${service}' as service, subject, reason from ${service}.dead_letters`)
  .join(" union all ");

const checks: readonly Check[] = [
  {
    says: "the movements of a level do not add up to what is on hand",
    sql: `select l.product_id, l.on_hand, sum(m.quantity) as moved
      from inventory.levels l left join inventory.movements m using (product_id, location_id)
      group by l.product_id, l.location_id, l.on_hand having l.on_hand <> coalesce(sum(m.quantity), 0)`,
  },
  {
    says: "the batches of a level do not add up to what is on hand",
    sql: `select l.product_id, l.on_hand, sum(b.available_quantity) as in_batches
      from inventory.levels l left join inventory.batches b using (product_id, location_id)
      group by l.product_id, l.location_id, l.on_hand having l.on_hand <> coalesce(sum(b.available_quantity), 0)`,
  },
  {
    says: "more is reserved than is there, or a quantity is negative",
    sql: "select * from inventory.levels where on_hand < 0 or reserved < 0 or reserved > on_hand",
  },
  { says: "a message was given up", sql: parked },
  {
    says: "the audit has not recorded each event that a service has said",
    sql: `select s.source, s.last_seq, count(r.seq) as recorded
      from (${said}) s left join audit.records r on r.source = s.source and r.epoch = s.epoch
      group by s.source, s.epoch, s.last_seq having count(r.seq) <> s.last_seq`,
  },
  {
    says: "a level's reserved quantity is not the sum of what is held of it",
    sql: `select l.product_id, l.location_id, l.reserved, h.held
      from inventory.levels l
      full join (
        select product_id, location_id, sum(quantity - consumed) as held
        from inventory.reservation_lines where state = 'HELD' group by product_id, location_id
      ) h using (product_id, location_id)
      where coalesce(l.reserved, -1) <> coalesce(h.held, 0)`,
  },
  {
    says: "a PENDING order holds other quantities than its lines say",
    sql: `select order_id, product_id
      from (
        select l.order_id, l.product_id, sum(l.quantity) as ordered
        from orders.order_lines l join orders.orders o on o.id = l.order_id and o.status = 'PENDING'
        group by l.order_id, l.product_id
      ) o
      full join (
        select order_id, product_id, sum(quantity - consumed) as held
        from inventory.reservation_lines where state = 'HELD' group by order_id, product_id
      ) h using (order_id, product_id)
      where o.ordered is distinct from h.held`,
  },
  {
    says: "a PENDING order has not exactly one invoice of its total",
    sql: `select o.id from orders.orders o
      left join billing.invoices i on i.source_kind = 'ORDER' and i.source_id = o.id
      where o.status = 'PENDING'
      group by o.id, o.grand_total_minor
      having count(i.id) <> 1 or max(i.total_minor) <> o.grand_total_minor`,
  },
  {
    says: "an invoice has no PENDING order",
    sql: `select i.id from billing.invoices i
      left join orders.orders o on o.id = i.source_id and o.status = 'PENDING' where o.id is null`,
  },
  {
    says: "the invoice numbers of a series do not run from 1 to n",
    sql: `select series, count(*), max(number) from billing.invoices
      group by series having count(*) <> max(number) or count(distinct number) <> count(*) or min(number) <> 1`,
  },
  {
    says: "the audit's numbers of a source do not run from 1 to n",
    sql: `select source, epoch, count(*), max(seq) from audit.records
      group by source, epoch having count(*) <> max(seq) or count(distinct seq) <> count(*) or min(seq) <> 1`,
  },
  {
    says: "the audit's positions do not run from 1 to n",
    sql: "select count(*) from audit.records having count(*) <> coalesce(max(position), 0)",
  },
  {
    says: "an order was left on its way",
    sql: "select id, status from orders.orders where status = 'PLACING'",
  },
];

/** Over everything that the stack holds; all of it must come from this run. */
export function brokenInQuartermaster(url: string): Promise<string[]> {
  return withClient(url, (client) => failing(client, checks));
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
