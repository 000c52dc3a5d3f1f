import { type Reader, sql } from "@quartermaster/messaging";
import type { OrderView } from "../domain/order";

export interface FoundOrder {
  readonly order: OrderView;
  readonly cancellingId: string | null;
}

export interface OrderColumns {
  id: string;
  customer_id: string;
  status: OrderView["status"];
  payment_status: OrderView["paymentStatus"];
  total_amount_minor: number | null;
  shipping_amount_minor: number;
  tax_amount_minor: number | null;
  grand_total_minor: number | null;
  currency: string;
  location: string | null;
  notes: string | null;
  invoice_id: string | null;
  invoice_number: string | null;
  rejection: string | null;
  cancelling_id: string | null;
  version: number;
  created_at: string;
  created_by: string | null;
  updated_at: string;
  updated_by: string | null;
}

export const orderColumns = `id, customer_id, status, payment_status, total_amount_minor, shipping_amount_minor,
  tax_amount_minor, grand_total_minor, currency, location, notes, invoice_id, invoice_number, rejection, cancelling_id,
  version, created_at, created_by, updated_at, updated_by`;

interface LineColumns {
  order_id: string;
  product_id: number;
  sku: string;
  product_name: string;
  quantity: number;
  shipped_quantity: number;
  unit_price_minor: number;
  line_total_minor: number;
  tax_code: OrderView["items"][number]["taxCode"];
}

const lineRows = sql(
  "order-lines-of",
  `select order_id, product_id, sku, product_name, quantity, shipped_quantity, unit_price_minor, line_total_minor, tax_code
   from order_lines where order_id = any($1::uuid[]) order by order_id, line_no`,
);

/** Orders as the contract shows them, in the order of their rows, with their lines read in one statement. */
export async function viewsOf(db: Reader, rows: readonly OrderColumns[]): Promise<Map<string, FoundOrder>> {
  const lines = await db.rows<LineColumns>(lineRows, [rows.map((row) => row.id)]);
  const byOrder = new Map<string, LineColumns[]>(rows.map((row) => [row.id, []]));
  for (const line of lines) byOrder.get(line.order_id)?.push(line);
  return new Map(
    rows.map((row) => [
      row.id,
      { order: viewOf(row, byOrder.get(row.id) ?? []), cancellingId: row.cancelling_id },
    ]),
  );
}

function viewOf(row: OrderColumns, lines: readonly LineColumns[]): OrderView {
  return {
    id: row.id,
    customerId: row.customer_id,
    status: row.status,
    paymentStatus: row.payment_status,
    totalAmountMinor: row.total_amount_minor,
    shippingAmountMinor: row.shipping_amount_minor,
    taxAmountMinor: row.tax_amount_minor,
    grandTotalMinor: row.grand_total_minor,
    currency: row.currency,
    location: row.location,
    notes: row.notes,
    invoiceId: row.invoice_id,
    invoiceNumber: row.invoice_number,
    rejection: row.rejection === null ? null : (JSON.parse(row.rejection) as OrderView["rejection"]),
    items: lines.map((line) => ({
      productId: line.product_id,
      sku: line.sku,
      productName: line.product_name,
      quantity: line.quantity,
      shippedQuantity: line.shipped_quantity,
      unitPriceAtPurchaseMinor: line.unit_price_minor,
      lineTotalMinor: line.line_total_minor,
      taxCode: line.tax_code,
    })),
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
    version: row.version,
  };
}
