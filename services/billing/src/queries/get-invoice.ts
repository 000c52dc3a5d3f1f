import { GetInvoice } from "@quartermaster/contracts";
import { refuse, reply } from "@quartermaster/messaging";
import { listInvoices } from "../store/document-lists";
import { ownCustomer } from "./own-customer";

export const getInvoice = reply(GetInvoice, async (db, { id }, { actor }) => {
  const [found] = await listInvoices(db, { id, limit: 1 });
  if (found === undefined) return refuse("not_found");
  const own = ownCustomer(actor);
  return own === undefined || own === found.customerId ? found : refuse("forbidden");
});
