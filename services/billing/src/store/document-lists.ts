import type { CreditNote, Invoice } from "@quartermaster/contracts";
import type { Reader } from "@quartermaster/messaging";
import { build, queries } from "@quartermaster/process";
import type { z } from "zod";
import { type CreditNoteSnapshot, type InvoiceSnapshot, shownCreditNote } from "../domain/documents";

/** Where a page of documents begins: after this series and number, which are read downwards, newest first. */
export type DocumentKey = readonly [series: string, number: number];

interface StateRow {
  snapshot: string;
  creditedMinor: number;
  paidMinor: number;
  status: z.infer<typeof Invoice>["status"];
}

const stateColumns = {
  snapshot: "snapshot",
  creditedMinor: "credited_minor",
  paidMinor: "paid_minor",
  status: "status",
};

/** Invoices with what follows from their payments and credits, newest first. */
export async function listInvoices(
  db: Reader,
  filter: {
    id?: string;
    customerId?: string;
    orderId?: string;
    status?: string;
    after?: DocumentKey;
    limit: number;
  },
): Promise<z.infer<typeof Invoice>[]> {
  const query = queries("invoice_states").select(stateColumns).limit(filter.limit);
  if (filter.id !== undefined) query.where("id", filter.id);
  if (filter.customerId !== undefined) query.where("customer_id", filter.customerId);
  if (filter.orderId !== undefined) {
    // The invoice of an order is found through its source row, so that invoices need no index for it.
    const ofOrder = queries("invoice_sources").select("invoice_id").where("source_id", filter.orderId);
    query.whereIn("id", ofOrder).where("source_kind", "ORDER");
  }
  if (filter.status !== undefined) query.where("status", filter.status);
  const rows = await db.rows<StateRow>(build(newestFirst(query, filter.after)));
  return rows.map(invoiceOf);
}

function invoiceOf({ snapshot, creditedMinor, paidMinor, status }: StateRow): z.infer<typeof Invoice> {
  const { form: _, ...invoice } = JSON.parse(snapshot) as InvoiceSnapshot;
  return { ...invoice, creditedMinor, paidMinor, status };
}

/** Credit notes, newest first. */
export async function listCreditNotes(
  db: Reader,
  filter: { customerId?: string; invoiceId?: string; after?: DocumentKey; limit: number },
): Promise<z.infer<typeof CreditNote>[]> {
  const query = queries("credit_notes").select("snapshot").limit(filter.limit);
  if (filter.customerId !== undefined) query.where("customer_id", filter.customerId);
  if (filter.invoiceId !== undefined) query.where("invoice_id", filter.invoiceId);
  const rows = await db.rows<{ snapshot: string }>(build(newestFirst(query, filter.after)));
  return rows.map(({ snapshot }) => shownCreditNote(JSON.parse(snapshot) as CreditNoteSnapshot));
}

function newestFirst(query: ReturnType<typeof queries>, after: DocumentKey | undefined) {
  if (after !== undefined) query.whereRaw("(series, number) < (?::text, ?::bigint)", [...after]);
  return query.orderBy([
    { column: "series", order: "desc" },
    { column: "number", order: "desc" },
  ]);
}
