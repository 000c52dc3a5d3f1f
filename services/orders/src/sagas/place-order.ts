import {
  type AnswerOf,
  type AskOf,
  CancelIssue,
  IssueInvoice,
  ReleaseStock,
  ReserveStock,
} from "@quartermaster/contracts";
import { type AskedLine, priced, type ReservedLine, type SoldLine } from "../domain/lines";
import { ask, call, local, No, pivot, saga } from "./engine/saga";

/** What is known of an order while it is being placed. Everything the messages need is in here, frozen at the start. */
export interface PlacingOrder {
  readonly orderId: string;
  readonly customer: AskOf<typeof IssueInvoice>["customer"];
  /** Until the order is created; then `lines`. */
  readonly items: readonly AskedLine[];
  readonly location: string | null;
  readonly notes: string | null;
  readonly currency: string;
  readonly shippingMinor: number;
  readonly placedAt: string;
  readonly placedBy: string;
  /** Known once the stock is reserved. */
  readonly reserved: readonly ReservedLine[] | null;
  /** Known once the order is created. */
  readonly lines: readonly SoldLine[] | null;
  readonly totalMinor: number | null;
  /** Known once it is issued. */
  readonly invoice: AnswerOf<typeof IssueInvoice> | null;
}

export const placingCancelled = "placing_cancelled";

/** ARCHITECTURE.md 5. REJECTED comes last: when it is readable, nothing is held any more. */
export const placeOrder = saga<PlacingOrder>(
  "place-order",
  [
    local("accept-order", { becomes: "PLACING", undo: { name: "reject-order", becomes: "REJECTED" } }),
    ask(ReserveStock, {
      do: (order) => ({
        orderId: order.orderId,
        lines: [...order.items],
        ...(order.location === null ? {} : { location: order.location }),
      }),
      keep: (order, answer) => ({ ...order, reserved: answer.lines }),
      undo: call(ReleaseStock, (order) => ({ orderId: order.orderId })),
    }),
    local("create-order", { decide: sell }),
    pivot(IssueInvoice, {
      do: toInvoice,
      keep: (order, invoice) => ({ ...order, invoice }),
      fence: {
        contract: CancelIssue,
        ask: (order) => ({ orderId: order.orderId }),
        verdict: (answer) =>
          answer.state === "cancelled" ? { done: false } : { done: true, answer: answer.invoice },
      },
    }),
    local("finish-order", { becomes: "PENDING" }),
  ],
  {
    overdue: {
      code: placingCancelled,
      detail: "The order could not be placed within a day and was withdrawn; nothing is held or invoiced.",
      details: {},
    },
  },
);

function sell(order: PlacingOrder): PlacingOrder | No {
  const sold = priced(order.reserved ?? []);
  if (!sold) return new No({ code: "amount_too_large", details: {} });
  // The lines take the place of what they were made from: the saga's row is written again with each move.
  return { ...order, items: [], reserved: null, lines: sold.lines, totalMinor: sold.totalMinor };
}

function toInvoice(order: PlacingOrder): AskOf<typeof IssueInvoice> {
  return {
    orderId: order.orderId,
    customer: order.customer,
    lines: (order.lines ?? []).map((line) => ({
      productId: line.productId,
      sku: line.sku,
      description: line.productName,
      quantity: line.quantity,
      unitPriceMinor: line.unitPriceMinor,
      lineTotalMinor: line.lineTotalMinor,
      taxCode: line.taxCode,
    })),
    shippingMinor: order.shippingMinor,
  };
}
