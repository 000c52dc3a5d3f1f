/** The SQL that Quartermaster runs for these endpoints, all of it prepared here. A test of tools/bench holds it to theirs. */

export interface ProductRow {
  readonly id: number;
  readonly priceMinor: number;
  readonly suggestedPriceMinor: number | null;
  readonly [column: string]: unknown;
}

export interface OrderRow {
  readonly id: string;
  readonly customer_id: string;
  readonly status: string;
  readonly payment_status: string;
  readonly total_amount_minor: number | null;
  readonly shipping_amount_minor: number;
  readonly tax_amount_minor: number | null;
  readonly grand_total_minor: number | null;
  readonly currency: string;
  readonly location: string | null;
  readonly notes: string | null;
  readonly invoice_id: string | null;
  readonly invoice_number: string | null;
  readonly rejection: string | null;
  readonly created_at: Date;
  readonly created_by: string | null;
  readonly updated_at: Date;
  readonly updated_by: string | null;
  readonly version: number;
}

const iso = (column: string) => `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const stockQuantity = `(
  select coalesce(sum(l.on_hand - l.reserved), 0)::bigint
  from levels l join locations loc on loc.id = l.location_id
  where l.product_id = p.id and loc.sellable)`;

export const listProducts = {
  name: "list-products",
  text: `select p.id, p.sku, p.name, p.description, p.category, p.unit_measure as "unitMeasure",
      trim_scale(p.unit_value)::text as "unitValue", p.is_perishable as "isPerishable",
      p.expiration_date as "expirationDate", p.price_minor as "priceMinor",
      p.suggested_price_minor as "suggestedPriceMinor", p.tax_code as "taxCode", p.version,
      ${iso("p.created_at")} as "createdAt", p.created_by as "createdBy",
      ${iso("p.updated_at")} as "updatedAt", p.updated_by as "updatedBy", ${stockQuantity} as "stockQuantity"
    from products as p
    where p.deleted_at is null and ${stockQuantity} > 0 order by p.id asc limit $1`,
};

const orderColumns = `id, customer_id, status, payment_status, total_amount_minor, shipping_amount_minor,
  tax_amount_minor, grand_total_minor, currency, location, notes, invoice_id, invoice_number, rejection, cancelling_id,
  version, created_at, created_by, updated_at, updated_by`;

export const listOrders = {
  name: "list-orders",
  text: `select ${orderColumns} from orders where status <> $1 and customer_id = $2 order by id desc limit $3`,
};

export const findOrder = {
  name: "find-order",
  text: `select ${orderColumns} from orders where id = any($1::uuid[])`,
};

export const findLines = {
  name: "find-lines",
  text: `select order_id, product_id, sku, product_name, quantity, shipped_quantity, unit_price_minor, line_total_minor, tax_code
    from order_lines where order_id = any($1::uuid[]) order by order_id, line_no`,
};
