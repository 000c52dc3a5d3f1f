import { GetCustomer, ListCustomers } from "@quartermaster/contracts";
import { refuse, reply } from "@quartermaster/messaging";
import { pageOfRows } from "@quartermaster/process";
import { ownOnly } from "../domain/who";
import { findCustomers, listCustomers as readCustomers } from "../store/customers";
import { idIn } from "./id-cursor";

export const getCustomer = reply(GetCustomer, async (db, { id }, { actor }) => {
  const own = ownOnly(actor);
  if (own !== null && own !== id) return refuse("forbidden");
  return (await findCustomers(db, [id])).get(id) ?? refuse("not_found");
});

export const listCustomers = reply(ListCustomers, async (db, ask, { actor }) => {
  const after = ask.after === undefined ? null : idIn(ask.after);
  if (after === undefined) return refuse("bad_request", { field: "after" });
  const rows = await readCustomers(db, {
    id: ownOnly(actor),
    q: ask.q ?? null,
    after,
    limit: ask.limit + 1,
  });
  return pageOfRows(rows, ask.limit, ({ id }) => [id]);
});
