import { OrderCancelled } from "@quartermaster/contracts";
import { done, type Tx } from "@quartermaster/messaging";
import type { CancelledFields, OrderView } from "../domain/order";
import { type CancellingOrder, cancelOrder } from "../sagas/cancel-order";
import { cancelOrders, findOrders, markCancelling } from "../store/orders";
import type { SagaRow } from "../store/sagas";
import { play, type Written } from "./play";

type Row = SagaRow<CancellingOrder>;

export const cancelOrderPlay = play<CancellingOrder>({
  saga: cancelOrder,
  writes: {
    "begin-cancelling": async (tx, rows) => {
      await markCancelling(
        tx,
        rows.map((row) => ({ orderId: row.orderId, sagaId: row.state.id })),
      );
      return {};
    },
    "cancel-order": writeCancelled,
  },
});

async function writeCancelled(tx: Tx, rows: readonly Row[], now: number): Promise<Written> {
  const before = await ordersOf(tx, rows);
  const at = new Date(now).toISOString();
  await cancelOrders(
    tx,
    rows.map(({ orderId, state }) => ({ orderId, at, by: state.data.cancelledBy })),
  );
  const after = await ordersOf(tx, rows);
  return {
    said: rows.map((row) => ({
      said: cancelledEvent(row, before.get(row.orderId) as OrderView),
      meta: row.meta,
    })),
    settled: rows.flatMap((row) => {
      const outcome = done(after.get(row.orderId));
      return [row.state.id, ...row.waiting.map((one) => one.id)].map((id) => ({ id, outcome }));
    }),
  };
}

function cancelledEvent({ state }: Row, before: OrderView) {
  const { creditNoteNumber, reason } = state.data;
  const after: Partial<CancelledFields> = { status: "CANCELLED", creditNoteNumber, reason };
  const { id, version, status } = before;
  return OrderCancelled.of({ entityId: id, version: version + 1, old: { status }, new: after });
}

async function ordersOf(tx: Tx, rows: readonly Row[]): Promise<Map<string, OrderView>> {
  const found = await findOrders(
    tx,
    rows.map((row) => row.orderId),
  );
  return new Map([...found].map(([id, { order }]) => [id, order]));
}
