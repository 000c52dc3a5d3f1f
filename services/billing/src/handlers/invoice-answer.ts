import type { AnswerOf, IssueInvoice } from "@quartermaster/contracts";
import type { InvoiceSnapshot } from "../domain/documents";

/** What the saga is told of an invoice, whether it was issued just now or long ago. */
export function invoiceAnswer(invoice: InvoiceSnapshot): AnswerOf<typeof IssueInvoice> {
  const { id: invoiceId, number, subtotalMinor, taxMinor, totalMinor, issuedAt } = invoice;
  return { invoiceId, number, subtotalMinor, taxMinor, totalMinor, issuedAt };
}
