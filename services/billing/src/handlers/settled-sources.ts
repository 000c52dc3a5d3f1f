import type { Tx } from "@quartermaster/messaging";
import type { InvoiceSnapshot } from "../domain/documents";
import { findInvoices } from "../store/invoices";
import { findSources } from "../store/sources";

/** What was decided earlier about these orders, for good: their invoice, or that none may be issued. */
export async function settledSources(
  tx: Tx,
  orderIds: readonly string[],
): Promise<Map<string, InvoiceSnapshot | "forbidden">> {
  const sources = await findSources(tx, orderIds);
  const invoiceIds = sources.flatMap(({ invoiceId }) => invoiceId ?? []);
  const invoices = new Map((await findInvoices(tx, invoiceIds)).map((invoice) => [invoice.id, invoice]));
  const settled = new Map<string, InvoiceSnapshot | "forbidden">();
  for (const { sourceId, invoiceId } of sources) {
    const found = invoiceId === null ? "forbidden" : invoices.get(invoiceId);
    if (found === undefined)
      throw new Error(`order ${sourceId} names invoice ${invoiceId}, which is not there`);
    settled.set(sourceId, found);
  }
  return settled;
}
