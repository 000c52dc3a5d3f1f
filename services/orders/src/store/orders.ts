import { type Reader, sql, type Tx } from "@quartermaster/messaging";
import type { OrderView } from "../domain/order";
import type { PlacingOrder } from "../sagas/place-order";
import { type FoundOrder, type OrderColumns, orderColumns, viewsOf } from "./order-rows";

const insertRows = sql(
  "orders-insert",
  `with fresh as (
     insert into orders (id, customer_id, status, total_amount_minor, shipping_amount_minor, currency, location, notes,
       created_at, created_by, updated_at, updated_by)
     select unnest($1::uuid[]), unnest($2::uuid[]), 'PLACING', unnest($3::bigint[]), unnest($4::bigint[]),
       unnest($5::text[]), unnest($6::text[]), unnest($7::text[]), unnest($8::timestamptz[]), unnest($9::text[]),
       unnest($8::timestamptz[]), unnest($9::text[])
   )
   insert into order_lines (order_id, line_no, product_id, sku, product_name, quantity, unit_price_minor,
     line_total_minor, tax_code)
   select unnest($10::uuid[]), unnest($11::int[]), unnest($12::int[]), unnest($13::text[]), unnest($14::text[]),
     unnest($15::bigint[]), unnest($16::bigint[]), unnest($17::bigint[]), unnest($18::text[])`,
);

/** Writes orders as PLACING, with the lines that their sagas froze. */
export function insertOrders(tx: Tx, orders: readonly PlacingOrder[]): void {
  const lines = orders.flatMap((order) => order.lines ?? []);
  tx.write(insertRows, [
    orders.map((order) => order.orderId),
    orders.map((order) => order.customer.id),
    orders.map((order) => order.totalMinor),
    orders.map((order) => order.shippingMinor),
    orders.map((order) => order.currency),
    orders.map((order) => order.location),
    orders.map((order) => order.notes),
    orders.map((order) => order.placedAt),
    orders.map((order) => order.placedBy),
    orders.flatMap((order) => (order.lines ?? []).map(() => order.orderId)),
    orders.flatMap((order) => (order.lines ?? []).map((_, n) => n + 1)),
    lines.map((line) => line.productId),
    lines.map((line) => line.sku),
    lines.map((line) => line.productName),
    lines.map((line) => line.quantity),
    lines.map((line) => line.unitPriceMinor),
    lines.map((line) => line.lineTotalMinor),
    lines.map((line) => line.taxCode),
  ]);
}

// Nobody waits for its result, so the guard has to fail by itself: where not every order was PLACING, the division by
// zero fails the transaction.
const placeRows = sql(
  "orders-place",
  `with placed as (
     update orders set status = 'PENDING', tax_amount_minor = o.tax, grand_total_minor = o.total,
       invoice_id = o.invoice_id, invoice_number = o.invoice_number, version = orders.version + 1,
       updated_at = o.updated_at
     from (
       select unnest($1::uuid[]) as id, unnest($2::bigint[]) as tax, unnest($3::bigint[]) as total,
         unnest($4::uuid[]) as invoice_id, unnest($5::text[]) as invoice_number, unnest($6::timestamptz[]) as updated_at
     ) as o
     where orders.id = o.id and orders.status = 'PLACING'
     returning orders.id
   )
   select 1 / (count(*) = cardinality($1::uuid[]))::int as all_were_placing from placed`,
);

/** PLACING becomes PENDING, with what the invoice says. */
export function placeOrders(tx: Tx, orders: readonly OrderView[]): void {
  tx.write(placeRows, [
    orders.map((order) => order.id),
    orders.map((order) => order.taxAmountMinor),
    orders.map((order) => order.grandTotalMinor),
    orders.map((order) => order.invoiceId),
    orders.map((order) => order.invoiceNumber),
    orders.map((order) => order.updatedAt),
  ]);
}

const rejectRows = sql(
  "orders-reject",
  `insert into orders (id, customer_id, status, shipping_amount_minor, currency, location, notes, rejection, created_at,
     created_by, updated_at, updated_by)
   select id, customer_id, 'REJECTED', shipping, currency, location, notes, rejection, created_at, created_by, updated_at,
     created_by
   from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
     $9::text[], $10::timestamptz[])
     as o (id, customer_id, shipping, currency, location, notes, rejection, created_at, created_by, updated_at)
   order by id
   on conflict (id) do update set status = 'REJECTED', rejection = excluded.rejection, version = orders.version + 1,
     updated_at = excluded.updated_at
   where orders.status = 'PLACING'
   returning id, version`,
);

/** PLACING becomes REJECTED; an order that was not created yet is written as REJECTED. Answers the versions by id. */
export async function rejectOrders(tx: Tx, orders: readonly OrderView[]): Promise<Map<string, number>> {
  const rows = await tx.rows<{ id: string; version: number }>(rejectRows, [
    orders.map((order) => order.id),
    orders.map((order) => order.customerId),
    orders.map((order) => order.shippingAmountMinor),
    orders.map((order) => order.currency),
    orders.map((order) => order.location),
    orders.map((order) => order.notes),
    orders.map((order) => JSON.stringify(order.rejection)),
    orders.map((order) => order.createdAt),
    orders.map((order) => order.createdBy),
    orders.map((order) => order.updatedAt),
  ]);
  if (rows.length !== orders.length) throw new Error("an order to be rejected is not PLACING");
  return new Map(rows.map((row) => [row.id, row.version]));
}

const markRows = sql(
  "orders-mark-cancelling",
  `update orders set cancelling_id = mark.saga_id
   from unnest($1::uuid[], $2::uuid[]) as mark (id, saga_id)
   where orders.id = mark.id and orders.cancelling_id is null
   returning orders.id`,
);

/** From here on only that saga may move the order. */
export async function markCancelling(
  tx: Tx,
  marks: readonly { orderId: string; sagaId: string }[],
): Promise<void> {
  const marked = await tx.rows(markRows, [marks.map((one) => one.orderId), marks.map((one) => one.sagaId)]);
  if (marked.length !== marks.length) throw new Error("an order is being cancelled by two sagas");
}

const cancelRows = sql(
  "orders-cancel",
  `update orders set status = 'CANCELLED', version = orders.version + 1, updated_at = gone.at, updated_by = gone.by
   from unnest($1::uuid[], $2::timestamptz[], $3::text[]) as gone (id, at, by)
   where orders.id = gone.id and orders.status in ('PENDING', 'CONFIRMED', 'PAID')
   returning orders.id`,
);

/** Any unshipped order becomes CANCELLED. */
export async function cancelOrders(
  tx: Tx,
  cancelled: readonly { orderId: string; at: string; by: string }[],
): Promise<void> {
  const rows = await tx.rows(cancelRows, [
    cancelled.map((one) => one.orderId),
    cancelled.map((one) => one.at),
    cancelled.map((one) => one.by),
  ]);
  if (rows.length !== cancelled.length) throw new Error("an order to be cancelled has another status");
}

const findRows = sql("orders-find", `select ${orderColumns} from orders where id = any($1::uuid[])`);
const lockRows = sql(
  "orders-lock",
  `select ${orderColumns} from orders where id = any($1::uuid[]) order by id for update`,
);

/** Orders with their lines, by id. */
export async function findOrders(db: Reader, ids: readonly string[]): Promise<Map<string, FoundOrder>> {
  if (ids.length === 0) return new Map();
  return viewsOf(db, await db.rows<OrderColumns>(findRows, [ids]));
}

/** The same, locked in the order of their ids. Their sagas are locked before. */
export async function lockOrders(tx: Tx, ids: readonly string[]): Promise<Map<string, FoundOrder>> {
  if (ids.length === 0) return new Map();
  return viewsOf(tx, await tx.rows<OrderColumns>(lockRows, [ids]));
}
