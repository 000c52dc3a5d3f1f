import { OrderPlaced, OrderRejected } from "@quartermaster/contracts";
import { done, refuse } from "@quartermaster/messaging";
import { fieldsOf, type OrderView, placedView, rejectedView } from "../domain/order";
import { nameOf } from "../domain/who";
import type { CancellingOrder } from "../sagas/cancel-order";
import { type PlacingOrder, placeOrder } from "../sagas/place-order";
import { insertOrders, placeOrders, rejectOrders } from "../store/orders";
import type { SagaRow } from "../store/sagas";
import { type Beginning, play, type Written } from "./play";

type Row = SagaRow<PlacingOrder>;

export const placeOrderPlay = play<PlacingOrder>({
  saga: placeOrder,
  writes: {
    "create-order": async (tx, rows) => {
      insertOrders(
        tx,
        rows.map(({ state }) => state.data),
      );
      return {};
    },
    "finish-order": async (tx, rows, now) => {
      const at = new Date(now).toISOString();
      const orders = rows.map(({ state }) => placedView(state.data, at));
      placeOrders(tx, orders);
      return placed(rows, orders);
    },
    "reject-order": async (tx, rows, now) => {
      const orders = rows.map((row) => rejectedOf(row, now));
      const versions = await rejectOrders(tx, orders);
      return rejected(rows, orders, versions);
    },
  },
});

/**
 * The placing command gets the order. Where somebody wanted it cancelled meanwhile, and the invoice was issued before
 * the fence, the order is now cancelled in the normal way.
 */
function placed(rows: readonly Row[], orders: readonly OrderView[]): Written {
  return {
    said: rows.map(({ meta }, n) => ({ said: placedEvent(orders[n] as OrderView), meta })),
    settled: rows.map(({ state }, n) => ({ id: state.id, outcome: done(orders[n]) })),
    begins: rows.flatMap((row) => cancelNow(row) ?? []),
  };
}

/** The placing command gets the refusal; who wanted the order cancelled gets it REJECTED. */
function rejected(
  rows: readonly Row[],
  orders: readonly OrderView[],
  versions: ReadonlyMap<string, number>,
): Written {
  return {
    said: rows.map(({ meta }, n) => ({ said: rejectedEvent(orders[n] as OrderView, versions), meta })),
    settled: rows.flatMap(({ state, orderId, waiting }, n) => {
      const { code, details } = state.reason ?? { code: "fenced", details: {} };
      const refusal = refuse(code as "fenced", { ...details, orderId });
      const order = done(orders[n]);
      return [{ id: state.id, outcome: refusal }, ...waiting.map(({ id }) => ({ id, outcome: order }))];
    }),
  };
}

function cancelNow({ waiting, orderId }: Row): Beginning | undefined {
  const [first, ...others] = waiting;
  if (!first) return undefined;
  const data: CancellingOrder = {
    orderId,
    reason: first.reason,
    cancelledBy: nameOf(first.meta.actor),
    creditNoteNumber: null,
  };
  return { saga: "cancel-order", id: first.id, orderId, data, meta: first.meta, waiting: others };
}

function rejectedOf({ state, createdAt }: Row, now: number): OrderView {
  const reason = state.reason ?? { code: "fenced", details: {} };
  return rejectedView(state.data, reason, new Date(Math.max(now, createdAt)).toISOString());
}

function placedEvent(order: OrderView) {
  return OrderPlaced.of({ entityId: order.id, version: order.version, old: null, new: fieldsOf(order) });
}

function rejectedEvent(order: OrderView, versions: ReadonlyMap<string, number>) {
  const fields = { ...fieldsOf(order), rejection: order.rejection as NonNullable<OrderView["rejection"]> };
  const version = versions.get(order.id) ?? order.version;
  return OrderRejected.of({ entityId: order.id, version, old: null, new: fields });
}
