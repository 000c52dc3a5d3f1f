import { OrderPlaced, OrderRejected } from "@quartermaster/contracts";
import { done, refuse, type SaidWith } from "@quartermaster/messaging";
import { fieldsOf, type OrderView, placedView, placingView, rejectionOf } from "../domain/order";
import { nameOf } from "../domain/who";
import type { CancellingOrder } from "../sagas/cancel-order";
import { type PlacingOrder, placeOrder } from "../sagas/place-order";
import { insertOrders, placeOrders, rejectOrders } from "../store/orders";
import type { SagaRow } from "../store/sagas";
import { type Beginning, type Ending, play, saidOf } from "./play";

type Row = SagaRow<PlacingOrder>;

export const placeOrderPlay = play<PlacingOrder>({
  saga: placeOrder,
  writes: {
    "create-order": async (tx, rows) => {
      insertOrders(
        tx,
        rows.map(({ state }) => ({ order: placingView(state.data), lines: state.data.lines ?? [] })),
      );
      return [];
    },
    "finish-order": async (tx, rows, now) => {
      const orders = rows.map((row) => placedView(row.state.data, new Date(now).toISOString()));
      placeOrders(tx, orders);
      return rows.map((row, n) => saidOf(row, placedEvent(orders[n] as OrderView)));
    },
    "reject-order": async (tx, rows, now) => {
      const orders = rows.map((row) => rejectedView(row, now));
      const versions = await rejectOrders(tx, orders);
      return rows.map((row, n) => rejectedEvent(row, orders[n] as OrderView, versions));
    },
  },
  ended: async (_tx, rows, now) => endingOf(rows, now),
});

/**
 * The placing command gets the order or the refusal. Who wanted it cancelled meanwhile gets the REJECTED order; or,
 * where the invoice was issued before the fence, the order is placed and then cancelled in the normal way.
 */
function endingOf(rows: readonly Row[], now: number): Ending {
  const settled: Ending["settled"][number][] = [];
  const begins: Beginning[] = [];
  for (const row of rows) {
    if (row.state.phase === "UNDONE") {
      const { code, details } = row.state.reason ?? { code: "fenced", details: {} };
      settled.push({
        id: row.state.id,
        outcome: refuse(code as "fenced", { ...details, orderId: row.orderId }),
      });
      const rejected = rejectedView(row, now);
      for (const { id } of row.waiting) settled.push({ id, outcome: done(rejected) });
    } else {
      settled.push({
        id: row.state.id,
        outcome: done(placedView(row.state.data, new Date(now).toISOString())),
      });
      const begin = cancelNow(row);
      if (begin) begins.push(begin);
    }
  }
  return { settled, begins };
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

// The version is the row's own affair where nobody reads it: a REJECTED order was written once or twice.
function rejectedView({ state, createdAt }: Row, now: number): OrderView {
  const written = state.data.lines !== null;
  return {
    ...placingView(state.data, written ? 2 : 1),
    status: "REJECTED",
    rejection: rejectionOf(state.reason ?? { code: "fenced", details: {} }),
    updatedAt: new Date(Math.max(now, createdAt)).toISOString(),
  };
}

function placedEvent(order: OrderView) {
  return OrderPlaced.of({ entityId: order.id, version: order.version, old: null, new: fieldsOf(order) });
}

function rejectedEvent(row: Row, order: OrderView, versions: ReadonlyMap<string, number>): SaidWith {
  const fields = { ...fieldsOf(order), rejection: order.rejection as NonNullable<OrderView["rejection"]> };
  const version = versions.get(order.id) ?? order.version;
  return saidOf(row, OrderRejected.of({ entityId: order.id, version, old: null, new: fields }));
}
