import { type AskOf, ListOrders } from "@quartermaster/contracts";
import { type Reader, refuse, reply } from "@quartermaster/messaging";
import { build, pageOfRows, queries } from "@quartermaster/process";
import { ownOnly } from "../domain/who";
import { type OrderColumns, orderColumns, viewsOf } from "../store/order-rows";
import { idIn } from "./id-cursor";

/** Newest first: the ids are v7, so their order is that of time, and the primary key serves it. */
export const listOrders = reply(ListOrders, async (db, ask, { actor }) => {
  const after = ask.after === undefined ? null : idIn(ask.after);
  if (after === undefined) return refuse("bad_request", { field: "after" });
  const own = ownOnly(actor);
  if (own !== null && ask.customerId && ask.customerId !== own) return { data: [], next: null };
  return page(db, { ...ask, customerId: own ?? ask.customerId }, after);
});

async function page(
  db: Reader,
  ask: Omit<AskOf<typeof ListOrders>, "customerId"> & { customerId: string | undefined },
  after: string | null,
) {
  const query = queries("orders")
    .select(queries.raw(orderColumns))
    .orderBy("id", "desc")
    .limit(ask.limit + 1);
  if (after) query.where("id", "<", after);
  if (ask.status) query.where("status", ask.status);
  else query.where("status", "<>", "REJECTED");
  if (ask.customerId) query.where("customer_id", ask.customerId);
  if (ask.from) query.where("created_at", ">=", ask.from);
  if (ask.to) query.where("created_at", "<", ask.to);
  const rows = await db.rows<OrderColumns>(build(query));
  const found = await viewsOf(db, rows);
  const orders = [...found.values()].map((one) => one.order);
  return pageOfRows(orders, ask.limit, ({ id }) => [id]);
}
