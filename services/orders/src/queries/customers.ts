import { GetCustomer, ListCustomers } from "@quartermaster/contracts";
import { refuse, reply } from "@quartermaster/messaging";
import { decodeCursor, encodeCursor } from "@quartermaster/process";
import { validate } from "uuid";
import { ownOnly } from "../domain/who";
import { findCustomers, listCustomers as readCustomers } from "../store/customers";

export const getCustomer = reply(GetCustomer, async (db, { id }, { actor }) => {
  const own = ownOnly(actor);
  if (own !== null && own !== id) return refuse("forbidden");
  return (await findCustomers(db, [id])).get(id) ?? refuse("not_found");
});

export const listCustomers = reply(ListCustomers, async (db, ask, { actor }) => {
  const after = ask.after === undefined ? null : decodeCursor(ask.after)?.[0];
  if (after !== null && !validate(after)) return refuse("bad_request", { field: "after" });
  const rows = await readCustomers(db, {
    id: ownOnly(actor),
    q: ask.q ?? null,
    after: after as string | null,
    limit: ask.limit + 1,
  });
  const data = rows.slice(0, ask.limit);
  const last = data.at(-1);
  return { data, next: rows.length > data.length && last ? encodeCursor([last.id]) : null };
});
