/** A prepared statement. `params` names what $1, $2 ... stand for, so that pgbench can be given the very same text. */
export interface Statement {
  readonly name: string;
  readonly params: readonly string[];
  readonly text: string;
}

export const begin = "begin";
export const commit = "commit";
export const rollback = "rollback";

export const activeCustomer: Statement = {
  name: "active-customer",
  params: ["customerId"],
  text: "select name from customers where id = $1::uuid and status = 'ACTIVE'",
};

/** One line's stock, only if it is there. Sent in product order, so that two orders cannot dead-lock. */
export const reserve: Statement = {
  name: "reserve",
  params: ["productId", "quantity"],
  text: `update products set reserved = reserved + $2::int
    where id = $1::int and on_hand - reserved >= $2::int
    returning id, name, price_minor`,
};

export const insertOrder: Statement = {
  name: "insert-order",
  params: ["orderId", "customerId", "subtotalMinor", "taxMinor"],
  text: `insert into orders (id, customer_id, subtotal_minor, tax_minor, total_minor)
    values ($1::uuid, $2::uuid, $3::bigint, $4::bigint, $3::bigint + $4::bigint)`,
};

export const insertLines: Statement = {
  name: "insert-lines",
  params: ["orderId", "productIds", "productNames", "quantities", "unitPricesMinor"],
  text: `insert into order_lines (order_id, product_id, product_name, quantity, unit_price_minor)
    select $1::uuid, * from unnest($2::int[], $3::text[], $4::int[], $5::bigint[])`,
};

/**
 * Takes the next invoice number and audit number from the ledger's row, and writes both rows. The row stays locked
 * until the commit, which is why this statement is the last and the commit is sent right behind it.
 */
export const issueInvoice: Statement = {
  name: "issue-invoice",
  params: ["orderId", "customerName", "subtotalMinor", "taxRateBp", "taxMinor", "actorId", "newValues"],
  text: `with taken as (
      update ledger set
        invoice_number = invoice_number + 1,
        audit_seq = audit_seq + 1,
        audit_hash = sha256(audit_hash || int8send(audit_seq + 1) || convert_to($7::text, 'UTF8'))
      returning invoice_number, audit_seq, audit_hash
    ), audited as (
      insert into audit (seq, actor_id, action, entity, record_id, new_values, hash)
      select audit_seq, $6::uuid, 'CREATE', 'order', $1::uuid, $7::text, audit_hash from taken
    )
    insert into invoices (number, order_id, customer_name, subtotal_minor, tax_rate_bp, tax_minor, total_minor)
    select invoice_number, $1::uuid, $2::text, $3::bigint, $4::int, $5::bigint, $3::bigint + $5::bigint from taken
    returning number`,
};
