import { currency } from "./documents";
import type { PlacedOrder } from "./place-order";

/** The order as Quartermaster's API shows it. */
export function orderView(order: PlacedOrder) {
  const { caller, sums } = order;
  const at = order.at.toISOString();
  return {
    id: order.id,
    customer_id: order.customer.id,
    status: "PENDING",
    payment_status: "UNPAID",
    total_amount: sums.subtotalMinor / 100,
    shipping_amount: 0,
    tax_amount: sums.taxMinor / 100,
    grand_total: sums.totalMinor / 100,
    currency,
    location: null,
    notes: order.notes,
    invoice_id: order.invoiceId,
    invoice_number: order.invoiceNumber,
    rejection: null,
    items: order.lines.map((line) => ({
      product_id: line.productId,
      sku: line.sku,
      product_name: line.description,
      quantity: line.quantity,
      shipped_quantity: 0,
      unit_price_at_purchase: line.unitPriceMinor / 100,
      line_total: line.lineTotalMinor / 100,
      tax_code: line.taxCode,
    })),
    created_at: at,
    created_by: caller.name,
    updated_at: at,
    updated_by: caller.name,
    version: 1,
  };
}
