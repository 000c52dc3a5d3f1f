import { GetOrder, GetOrderTimeline } from "@quartermaster/contracts";
import { type Meta, type Reader, type Refused, refuse, reply } from "@quartermaster/messaging";
import { type OrderView, placingView } from "../domain/order";
import { ownOnly } from "../domain/who";
import type { PlacingOrder } from "../sagas/place-order";
import { readHistory } from "../store/history";
import { findOrders } from "../store/orders";
import { findSaga } from "../store/sagas";

/** An order that has no row yet is shown out of its saga, as PLACING. */
export const getOrder = reply(GetOrder, async (db, { id }, meta) => {
  const found = await findSeen(db, id, meta);
  return "order" in found ? found.order : found;
});

/** The history of the placing saga, then of the cancel saga. */
export const getTimeline = reply(GetOrderTimeline, async (db, { id }, meta) => {
  const found = await findSeen(db, id, meta);
  if (!("order" in found)) return found;
  const history = await readHistory(db, [id, ...(found.cancellingId ? [found.cancellingId] : [])]);
  return { orderId: id, data: history.map(({ saga, at, note }) => ({ saga, at, ...note })) };
});

type Seen = { order: OrderView; cancellingId: string | null } | Refused<"not_found" | "forbidden">;

async function findSeen(db: Reader, id: string, { actor }: Meta): Promise<Seen> {
  const found = (await findOrders(db, [id])).get(id) ?? (await findPlacing(db, id));
  if (!found) return refuse("not_found");
  const own = ownOnly(actor);
  return own === null || own === found.order.customerId ? found : refuse("forbidden");
}

async function findPlacing(db: Reader, id: string) {
  const row = await findSaga(db, id);
  if (row?.name !== "place-order") return undefined;
  // It ended between the two reads: now there is an order.
  if (row.state.dueAt === null) return (await findOrders(db, [id])).get(id);
  return { order: placingView(row.state.data as PlacingOrder), cancellingId: null };
}
