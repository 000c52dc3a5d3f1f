import { ListCreditNotes } from "@quartermaster/contracts";
import { refuse, reply } from "@quartermaster/messaging";
import { pageOfRows } from "@quartermaster/process";
import { listCreditNotes as readCreditNotes } from "../store/document-lists";
import { keyIn, keyOf } from "./document-page";
import { visibleCustomer } from "./own-customer";

export const listCreditNotes = reply(ListCreditNotes, async (db, ask, { actor }) => {
  const { limit, after: cursor, customerId: asked, ...filter } = ask;
  const after = cursor === undefined ? undefined : keyIn(cursor);
  if (cursor !== undefined && after === undefined) return refuse("bad_request", { field: "after" });
  const customerId = visibleCustomer(actor, asked);
  if (customerId === null) return { data: [], next: null };
  const rows = await readCreditNotes(db, { ...filter, customerId, after, limit: limit + 1 });
  return pageOfRows(rows, limit, keyOf);
});
