import type { OrderRow, ProductRow } from "./statements";

/** A product as customers see it: without costs, and without the staff's names. */
export function productView(row: ProductRow) {
  return {
    id: row.id,
    sku: row.sku,
    name: row.name,
    description: row.description,
    category: row.category,
    unit_measure: row.unitMeasure,
    unit_value: row.unitValue,
    is_perishable: row.isPerishable,
    expiration_date: row.expirationDate,
    price: row.priceMinor / 100,
    suggested_price: decimal(row.suggestedPriceMinor),
    tax_code: row.taxCode,
    version: row.version,
    created_at: row.createdAt,
    created_by: null,
    updated_at: row.updatedAt,
    updated_by: null,
    stock_quantity: row.stockQuantity,
  };
}

interface LineRow {
  readonly order_id: string;
  readonly product_id: number;
  readonly sku: string;
  readonly product_name: string;
  readonly quantity: number;
  readonly shipped_quantity: number;
  readonly unit_price_minor: number;
  readonly line_total_minor: number;
  readonly tax_code: string;
}

export function orderView(row: OrderRow, lines: readonly LineRow[]) {
  return {
    id: row.id,
    customer_id: row.customer_id,
    status: row.status,
    payment_status: row.payment_status,
    total_amount: decimal(row.total_amount_minor),
    shipping_amount: row.shipping_amount_minor / 100,
    tax_amount: decimal(row.tax_amount_minor),
    grand_total: decimal(row.grand_total_minor),
    currency: row.currency,
    location: row.location,
    notes: row.notes,
    invoice_id: row.invoice_id,
    invoice_number: row.invoice_number,
    rejection: row.rejection === null ? null : JSON.parse(row.rejection),
    items: lines.map((line) => ({
      product_id: line.product_id,
      sku: line.sku,
      product_name: line.product_name,
      quantity: line.quantity,
      shipped_quantity: line.shipped_quantity,
      unit_price_at_purchase: line.unit_price_minor / 100,
      line_total: line.line_total_minor / 100,
      tax_code: line.tax_code,
    })),
    created_at: row.created_at.toISOString(),
    created_by: row.created_by,
    updated_at: row.updated_at.toISOString(),
    updated_by: row.updated_by,
    version: row.version,
  };
}

function decimal(minor: number | null): number | null {
  return minor === null ? null : minor / 100;
}
