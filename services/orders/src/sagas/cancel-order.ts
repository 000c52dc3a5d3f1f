import { CreditOrder, ReleaseStock } from "@quartermaster/contracts";
import { ask, local, saga } from "./engine/saga";

export interface CancellingOrder {
  readonly orderId: string;
  readonly reason: string | null;
  readonly cancelledBy: string;
  /** Known once it is issued; null too for an order without an invoice. */
  readonly creditNoteNumber: string | null;
}

/** It has no pivot: once begun, an order is cancelled to the end. Stock first, so that it can be sold again at once. */
export const cancelOrder = saga<CancellingOrder>("cancel-order", [
  local("begin-cancelling"),
  ask(ReleaseStock, { do: (order) => ({ orderId: order.orderId }) }),
  ask(CreditOrder, {
    do: (order) => ({ orderId: order.orderId, ...(order.reason === null ? {} : { reason: order.reason }) }),
    keep: (order, answer) => ({ ...order, creditNoteNumber: answer.creditNote?.number ?? null }),
    isDocument: true,
  }),
  local("cancel-order", { becomes: "CANCELLED" }),
]);
