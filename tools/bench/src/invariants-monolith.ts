import { type Check, type Mark, type RowChecks, rowChecks } from "./invariants";

const start: Mark = { number: 0, position: 0, hash: "00".repeat(32), reserved: "{}", owed: "{}" };

const markSql = `select invoice_number as number, audit_position as position, encode(audit_hash, 'hex') as hash,
    (select coalesce(json_object_agg(id, reserved), '{}')::text from monolith.products where reserved <> 0) as reserved,
    (select coalesce(json_object_agg(customer_id, open_minor), '{}')::text from monolith.customer_accounts) as owed
  from monolith.ledger`;

/** The invoices behind the mark; each order has one, which a check of its own says. */
const issued = ({ number }: Mark) =>
  `issued as (select * from monolith.invoices where series = 'INV' and number > ${number})`;

/** What a projection said at the mark, by key. */
const before = (json: string | number | undefined) =>
  `before as (select key, value::bigint as sum from json_each_text('${json}'))`;

const stockChecks: readonly Check[] = [
  {
    says: "a product's reserved quantity is not the sum of its open order lines",
    sql: (since) => `with ${issued(since)}, ${before(since.reserved)}, held as (
        select l.product_id::text as key, sum(l.quantity) as sum
        from monolith.order_lines l join issued on issued.source_id = l.order_id
          join monolith.orders o on o.id = l.order_id and o.status = 'PENDING'
        group by l.product_id
      )
      select p.id, p.reserved, before.sum as before, held.sum as added
      from monolith.products p left join before on before.key = p.id::text left join held on held.key = p.id::text
      where p.reserved <> coalesce(before.sum, 0) + coalesce(held.sum, 0)`,
  },
  {
    says: "an order's line has no order",
    sql: () => `select count(*) from monolith.order_lines
      having count(distinct order_id) <> (select count(*) from monolith.orders)`,
  },
];

const documentChecks: readonly Check[] = [
  {
    says: "there are not as many invoices as orders",
    sql: () => `select count(*) as orders, (select count(*) from monolith.invoices) as invoices
      from monolith.orders having count(*) <> (select count(*) from monolith.invoices)`,
  },
  {
    says: "an invoice has no order, or one with other sums, number or customer",
    sql: (since) => `with ${issued(since)} select i.source_id, i.number
      from issued i left join monolith.orders o on o.id = i.source_id and o.invoice_id = i.id
      where (o.total_amount_minor, o.tax_amount_minor, o.grand_total_minor, o.customer_id, o.invoice_number)
        is distinct from (i.subtotal_minor, i.tax_minor, i.total_minor, i.customer_id,
          'INV-' || lpad(i.number::text, greatest(6, length(i.number::text)), '0'))`,
  },
  {
    says: "an order's total is not the sum of its lines",
    sql: (since) => `with ${issued(since)}, summed as (
        select l.order_id, sum(l.line_total_minor) as total, bool_and(l.line_total_minor = l.quantity * l.unit_price_minor) as right
        from monolith.order_lines l join issued on issued.source_id = l.order_id group by l.order_id
      )
      select i.source_id from issued i left join summed s on s.order_id = i.source_id
      where s.total is distinct from i.subtotal_minor or not s.right`,
  },
  {
    says: "invoice numbers do not run on without a gap",
    sql: (since) => `with ${issued(since)} select count(*), min(number), max(number) from issued
      having count(*) <> (select invoice_number from monolith.ledger) - ${since.number}
        or max(number) <> (select invoice_number from monolith.ledger) or min(number) <> ${since.number} + 1`,
  },
  {
    says: "an invoice's snapshot is not what was hashed, or has another number",
    sql: (since) => `with ${issued(since)} select number from issued
      where snapshot_sha256 <> sha256(convert_to(snapshot, 'UTF8'))
        or snapshot::json ->> 'number' <> 'INV-' || lpad(number::text, greatest(6, length(number::text)), '0')`,
  },
  {
    says: "an account is not the sum of its customer's invoices",
    sql: (since) => `with ${issued(since)}, ${before(since.owed)}, added as (
        select customer_id::text as key, sum(total_minor) as sum from issued group by customer_id
      )
      select a.customer_id, a.open_minor, before.sum as before, added.sum as added
      from monolith.customer_accounts a
        full join (select key, sum(sum) as sum from (select * from before union all select * from added) u group by key) s
          on s.key = a.customer_id::text
        left join before on before.key = s.key left join added on added.key = s.key
      where a.open_minor is distinct from s.sum`,
  },
];

const iso = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';

const auditChecks: readonly Check[] = [
  {
    says: "audit positions do not run on without a gap, or the ledger has not the last hash",
    sql: ({ position }) => `select count(*), max(r.position) from monolith.ledger l
      left join monolith.records r on r.position > ${position}
      group by l.audit_position, l.audit_hash
      having count(r.position) <> l.audit_position - ${position}
        or coalesce(max(r.position), ${position}) <> l.audit_position
        or bool_or(r.position = l.audit_position and r.hash <> l.audit_hash)`,
  },
  {
    says: "an order has not its three audit records",
    sql: (since) => `with ${issued(since)}, said as (
        select coalesce(i.source_id::text, r.record_id) as order_id, count(*) as records, count(distinct r.event) as events
        from monolith.records r left join issued i on r.entity = 'invoice' and i.id::text = r.record_id
        where r.position > ${since.position} group by 1
      )
      select order_id, i.number, said.records
      from said full join issued i on i.source_id::text = said.order_id
      where i.number is null or said.records is distinct from 3 or said.events is distinct from 3`,
  },
  {
    says: "the audit's hash chain is broken",
    sql: ({ position, hash }) => `select position from (
        select position, hash, lag(hash, 1, decode('${hash}', 'hex')) over (order by position) as before,
          json_build_array(position, at_text, recorded_text, actor_kind, user_id, user_name, role, ip, action, entity, record_id,
            version, event, description, old_values, new_values, request_id)::text as said
        from monolith.records, lateral (
          select to_char(at at time zone 'UTC', '${iso}') as at_text,
            to_char(recorded_at at time zone 'UTC', '${iso}') as recorded_text
        ) t
        where position > ${position}
      ) r
      where hash <> sha256(before || convert_to(said, 'UTF8'))`,
  },
];

/** Over the schema `monolith`. */
export function monolithRowChecks(url: string): RowChecks {
  return rowChecks({ url, checks: [...stockChecks, ...documentChecks, ...auditChecks], start, markSql });
}
