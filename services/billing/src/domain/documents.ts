import type { CreditNote, Invoice } from "@quartermaster/contracts";
import type { z } from "zod";
import type { CreditRest } from "./credit-rest";
import { documentNumber } from "./document-number";
import type { InvoiceDraft, InvoiceLine } from "./draft-invoice";
import type { TaxLine } from "./tax";

/** Given by the series when the document is issued. */
export interface Issuing {
  id: string;
  series: string;
  number: number;
  issuedAt: string;
  issuedBy: string;
  currency: string;
}

/**
 * Everything that an invoice says, as it is stored and hashed; what follows from payments and credits is not in it.
 * `form` is the version of this shape.
 */
export type InvoiceSnapshot = { form: 1 } & Omit<
  z.infer<typeof Invoice>,
  "creditedMinor" | "paidMinor" | "status"
>;
export type CreditNoteSnapshot = { form: 1; lines: InvoiceLine[]; taxes: TaxLine[] } & z.infer<
  typeof CreditNote
> &
  Pick<z.infer<typeof Invoice>, "customer">;

/** The invoice as a document: the draft with its number and date. */
export function invoiceFrom(draft: InvoiceDraft, issuing: Issuing): InvoiceSnapshot {
  return {
    form: 1,
    id: issuing.id,
    number: documentNumber(issuing.series, issuing.number),
    series: issuing.series,
    currency: issuing.currency,
    customerId: draft.customer.id,
    issuedAt: issuing.issuedAt,
    issuedBy: issuing.issuedBy,
    orderId: draft.orderId,
    customer: draft.customer,
    lines: draft.lines,
    taxes: draft.taxes,
    subtotalMinor: draft.subtotalMinor,
    taxMinor: draft.taxMinor,
    totalMinor: draft.totalMinor,
  };
}

/** The credit note over the rest of an invoice. It repeats the lines when it takes back the invoice as a whole. */
export function creditNoteFrom(
  invoice: InvoiceSnapshot,
  rest: CreditRest,
  reason: string | null,
  issuing: Issuing,
): CreditNoteSnapshot {
  return {
    form: 1,
    id: issuing.id,
    number: documentNumber(issuing.series, issuing.number),
    series: issuing.series,
    invoiceId: invoice.id,
    invoiceNumber: invoice.number,
    customerId: invoice.customerId,
    customer: invoice.customer,
    lines: rest.totalMinor === invoice.totalMinor ? invoice.lines : [],
    ...rest,
    currency: invoice.currency,
    reason,
    issuedAt: issuing.issuedAt,
    issuedBy: issuing.issuedBy,
  };
}

/** A credit note as the API shows it: without the customer, lines and taxes that only its printed form needs. */
export function shownCreditNote(note: CreditNoteSnapshot): z.infer<typeof CreditNote> {
  const { form: _form, customer: _customer, lines: _lines, taxes: _taxes, ...shown } = note;
  return shown;
}
