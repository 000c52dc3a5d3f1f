import type { TaxCode } from "./price";

/** A prepared statement. `params` names what $1, $2 ... stand for, so that pgbench can be given the very same text. */
export interface Statement {
  readonly name: string;
  readonly params: readonly string[];
  readonly text: string;
}

export const begin = "begin";
export const commit = "commit";
export const rollback = "rollback";

/** A row of {@link readBasket}; of the product, all is null where there is none. */
export interface BasketRow {
  readonly name: string;
  readonly document_type: string | null;
  readonly document_number: string | null;
  readonly address: string | null;
  readonly email: string;
  readonly payment_terms: "CASH" | "CREDIT";
  readonly credit_limit_minor: number;
  readonly status: "ACTIVE" | "BLOCKED";
  readonly product_id: number;
  readonly sku: string;
  readonly product_name: string;
  readonly price_minor: number;
  readonly tax_code: TaxCode;
}

/** Who buys, and what the products cost: one row per product that there is, one with nulls when there is none. */
export const readBasket: Statement = {
  name: "read-basket",
  params: ["customerId", "productIds"],
  text: `select c.name, c.document_type, c.document_number, c.address, c.email, c.payment_terms,
      c.credit_limit_minor, c.status, p.id as product_id, p.sku, p.name as product_name, p.price_minor, p.tax_code
    from customers c left join products p on p.id = any($2::int[])
    where c.id = $1::uuid`,
};

/** Adds to what the customer owes and answers with the sum. The first order opens the account. */
export const bookAccount: Statement = {
  name: "book-account",
  params: ["customerId", "totalMinor"],
  text: `insert into customer_accounts as account (customer_id, open_minor) values ($1::uuid, $2::bigint)
    on conflict (customer_id) do update set open_minor = account.open_minor + excluded.open_minor
    returning open_minor`,
};

/**
 * Takes the stock of those lines that have enough and answers with their products. Rows are locked in product order, so
 * that two orders cannot dead-lock. The second `any` keeps the planner from reading the whole table.
 */
export const reserveStock: Statement = {
  name: "reserve-stock",
  params: ["productIds", "quantities"],
  text: `with shelf as (
      select id from products where id = any($1::int[]) order by id for no key update
    )
    update products p set reserved = p.reserved + line.quantity
    from unnest($1::int[], $2::bigint[]) as line (id, quantity) join shelf using (id)
    where p.id = any($1::int[]) and p.id = line.id and p.on_hand - p.reserved >= line.quantity
    returning p.id`,
};

/**
 * Writes the order, its lines, its invoice and three audit records, and answers with what only this statement knows: the
 * invoice's number and the time. Both come from the ledger's row, which stays locked to the commit; therefore this is the
 * last statement, and everything that depends on them is computed in it instead of in another round trip.
 *
 * $10, $17 and $18 are JSON objects without what depends on the number; it is put in front. The text that a record's hash
 * is over is the JSON array of its columns in their order. (The quotes around colons keep pgbench from seeing variables.)
 */
export const writeOrder: Statement = {
  name: "write-order",
  params: [
    "orderId",
    "customerId",
    "subtotalMinor",
    "taxMinor",
    "currency",
    "notes",
    "invoiceId",
    "actorName",
    "productIds",
    "invoiceJson",
    "skus",
    "productNames",
    "quantities",
    "unitPricesMinor",
    "taxCodes",
    "reservationJson",
    "issuedJson",
    "placedJson",
    "actorId",
    "role",
    "ip",
    "requestId",
  ],
  text: `with head as materialized (
      select invoice_number + 1 as number, audit_position as position, audit_hash as hash,
        greatest(issued_at, date_trunc('milliseconds', clock_timestamp())) as at
      from ledger for no key update
    ), document as materialized (
      select *, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24":"MI":"SS.MS"Z"') as iso_at,
        'INV-' || lpad(number::text, greatest(6, length(number::text)), '0') as name
      from head
    ), said as materialized (
      select position + n as position, at, n, action, entity, record_id, event, description, new_values,
        convert_to(json_build_array(position + n, iso_at, iso_at, 'user', $19::text, $8::text, $20::text, $21::text,
          action, entity, record_id, 1, event, description, null, new_values, $22::text)::text, 'UTF8') as text
      from document, lateral (values
        (1, 'CREATE', 'reservation', $1::uuid::text, 'inventory.stock-reserved.v1', 'Stock reserved for an order',
          $16::text),
        (2, 'CREATE', 'invoice', $7::uuid::text, 'billing.invoice-issued.v1', 'Invoice issued',
          '{"number":"' || name || '",' || substr($17::text, 2)),
        (3, 'CREATE', 'order', $1::uuid::text, 'orders.order-placed.v1', 'Order placed: stock reserved, invoice issued',
          '{"invoiceNumber":"' || name || '",' || substr($18::text, 2))
      ) as s (n, action, entity, record_id, event, description, new_values)
    ), chained as materialized (
      select array[one.hash, two.hash, sha256(two.hash || (select text from said where n = 3))] as hashes
      from head
        cross join lateral (select sha256(head.hash || (select text from said where n = 1)) as hash offset 0) one
        cross join lateral (select sha256(one.hash || (select text from said where n = 2)) as hash offset 0) two
    ), moved as (
      update ledger set invoice_number = head.number, issued_at = head.at, audit_position = head.position + 3,
        audit_hash = chained.hashes[3]
      from head, chained
    ), recorded as (
      insert into records (position, at, recorded_at, actor_kind, user_id, user_name, role, ip, action, entity,
        record_id, version, event, description, new_values, request_id, hash)
      select position, at, at, 'user', $19::text, $8::text, $20::text, $21::text, action, entity,
        record_id, 1, event, description, new_values, $22::text, chained.hashes[n]
      from said, chained
    ), ordered as (
      insert into orders (id, customer_id, status, total_amount_minor, shipping_amount_minor, tax_amount_minor,
        grand_total_minor, currency, notes, invoice_id, invoice_number, created_at, created_by, updated_at, updated_by)
      select $1::uuid, $2::uuid, 'PENDING', $3::bigint, 0, $4::bigint,
        $3::bigint + $4::bigint, $5::text, $6::text, $7::uuid, name, at, $8::text, at, $8::text
      from document
    ), lines as (
      insert into order_lines (order_id, line_no, product_id, sku, product_name, quantity, unit_price_minor,
        line_total_minor, tax_code)
      select $1::uuid, line_no, product_id, sku, product_name, quantity, unit_price_minor,
        quantity * unit_price_minor, tax_code
      from unnest($9::int[], $11::text[], $12::text[], $13::bigint[], $14::bigint[], $15::text[]) with ordinality
        as line (product_id, sku, product_name, quantity, unit_price_minor, tax_code, line_no)
    ), issued as (
      insert into invoices (id, series, number, source_kind, source_id, customer_id, subtotal_minor, tax_minor,
        total_minor, currency, issued_at, snapshot, snapshot_sha256)
      select $7::uuid, 'INV', number, 'ORDER', $1::uuid, $2::uuid, $3::bigint, $4::bigint,
        $3::bigint + $4::bigint, $5::text, at, snapshot, sha256(convert_to(snapshot, 'UTF8'))
      from document, lateral (
        select '{"number":"' || name || '","issuedAt":"' || iso_at || '",' || substr($10::text, 2) as snapshot offset 0
      ) written
    )
    select name as invoice_number, at from document`,
};
