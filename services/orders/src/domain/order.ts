import {
  type FieldsOf,
  type Order,
  type OrderCancelled,
  type OrderPlaced,
  refusals,
} from "@quartermaster/contracts";
import type { z } from "zod";
import type { Reason } from "../sagas/engine/saga";
import type { PlacingOrder } from "../sagas/place-order";

export type OrderView = z.infer<typeof Order>;
export type OrderFields = FieldsOf<typeof OrderPlaced>;
export type CancelledFields = FieldsOf<typeof OrderCancelled>;

/** An order under way, as its saga knows it: PLACING, with the sums and lines that are known already. */
export function placingView(placing: PlacingOrder): OrderView {
  return viewOf(placing, { status: "PLACING", version: 1, updatedAt: placing.placedAt });
}

/** The order once its invoice is issued. */
export function placedView(placing: PlacingOrder, updatedAt: string): OrderView {
  const { invoice } = placing;
  if (!invoice) throw new Error(`order ${placing.orderId} has no invoice`);
  return viewOf(placing, { status: "PENDING", version: 2, updatedAt, invoice });
}

/**
 * The order that came to nothing. The version is the row's own affair where nobody reads it: such an order was written
 * once or twice.
 */
export function rejectedView(placing: PlacingOrder, reason: Reason, updatedAt: string): OrderView {
  const version = placing.lines === null ? 1 : 2;
  return viewOf(placing, { status: "REJECTED", version, updatedAt, rejection: rejectionOf(reason) });
}

interface Standing extends Pick<OrderView, "status" | "version" | "updatedAt"> {
  readonly invoice?: PlacingOrder["invoice"];
  readonly rejection?: OrderView["rejection"];
}

function viewOf(placing: PlacingOrder, standing: Standing): OrderView {
  const { invoice } = standing;
  return {
    id: placing.orderId,
    customerId: placing.customer.id,
    status: standing.status,
    paymentStatus: "UNPAID",
    totalAmountMinor: placing.totalMinor,
    shippingAmountMinor: placing.shippingMinor,
    taxAmountMinor: invoice?.taxMinor ?? null,
    grandTotalMinor: invoice?.totalMinor ?? null,
    currency: placing.currency,
    location: placing.location,
    notes: placing.notes,
    invoiceId: invoice?.invoiceId ?? null,
    invoiceNumber: invoice?.number ?? null,
    rejection: standing.rejection ?? null,
    items: (placing.lines ?? []).map((line) => ({
      productId: line.productId,
      sku: line.sku,
      productName: line.productName,
      quantity: line.quantity,
      shippedQuantity: 0,
      unitPriceAtPurchaseMinor: line.unitPriceMinor,
      lineTotalMinor: line.lineTotalMinor,
      taxCode: line.taxCode,
    })),
    createdAt: placing.placedAt,
    createdBy: placing.placedBy,
    updatedAt: standing.updatedAt,
    updatedBy: placing.placedBy,
    version: standing.version,
  };
}

/** Why an order was rejected, for people and for programs. */
function rejectionOf(reason: Reason): NonNullable<OrderView["rejection"]> {
  const sentence = (refusals as Record<string, string>)[reason.code];
  return {
    code: reason.code,
    detail: reason.detail ?? sentence ?? reason.code,
    details: { ...reason.details },
  };
}

/** What an event says of an order. */
export function fieldsOf(order: OrderView): OrderFields {
  return {
    customerId: order.customerId,
    status: order.status,
    totalAmountMinor: order.totalAmountMinor,
    shippingAmountMinor: order.shippingAmountMinor,
    taxAmountMinor: order.taxAmountMinor,
    grandTotalMinor: order.grandTotalMinor,
    invoiceNumber: order.invoiceNumber,
    items: order.items.map(({ productId, quantity, unitPriceAtPurchaseMinor }) => ({
      productId,
      quantity,
      unitPriceAtPurchaseMinor,
    })),
  };
}
