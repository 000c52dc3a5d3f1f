import { type AskOf, ListOrders } from "@quartermaster/contracts";
import { type Reader, refuse, reply } from "@quartermaster/messaging";
import { build, decodeCursor, encodeCursor, queries } from "@quartermaster/process";
import { validate } from "uuid";
import { ownOnly } from "../domain/who";
import { type OrderColumns, orderColumns, viewsOf } from "../store/order-rows";

/** Newest first: the ids are v7, so their order is that of time, and the primary key serves it. */
export const listOrders = reply(ListOrders, async (db, ask, { actor }) => {
  const after = ask.after === undefined ? null : decodeCursor(ask.after)?.[0];
  if (after !== null && !validate(after)) return refuse("bad_request", { field: "after" });
  const own = ownOnly(actor);
  if (own !== null && ask.customerId && ask.customerId !== own) return { data: [], next: null };
  return page(db, { ...ask, customerId: own ?? ask.customerId }, after as string | null);
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
  const shown = rows.slice(0, ask.limit);
  const found = await viewsOf(db, shown);
  const last = shown.at(-1);
  return {
    data: [...found.values()].map((one) => one.order),
    next: rows.length > shown.length && last ? encodeCursor([last.id]) : null,
  };
}
