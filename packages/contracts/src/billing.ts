import { z } from "zod";
import { command, event, query } from "./contract";
import {
  AmountMinor,
  Currency,
  Id,
  linesPerOrderMax,
  Name,
  Page,
  PaymentTerms,
  ProductId,
  pageOf,
  Quantity,
  RateBps,
  TaxCode,
  Text,
  Time,
} from "./fields";

/** `INV-000001`: six digits or more, gapless per series. */
export const DocumentNumber = z.string().regex(/^[A-Z]{2,4}-\d{6,}$/);

const DocumentLine = z.object({
  productId: ProductId.nullable(),
  sku: z.string().nullable(),
  description: Name,
  quantity: Quantity,
  unitPriceMinor: AmountMinor,
  lineTotalMinor: AmountMinor,
  taxCode: TaxCode,
});

const CustomerSnapshot = z.object({
  id: Id,
  name: Name,
  documentType: z.string().nullable(),
  documentNumber: z.string().nullable(),
  address: Text.nullable(),
  email: z.string().nullable(),
  paymentTerms: PaymentTerms,
});

const TaxLine = z.object({
  taxCode: TaxCode,
  rateBps: RateBps,
  baseMinor: AmountMinor,
  taxMinor: AmountMinor,
});

export const InvoiceStatus = z.enum(["ISSUED", "PARTIALLY_PAID", "PAID", "CREDITED"]);

/** subtotal + tax = total. The rates are frozen at issuance, the row is never edited; status follows from payments and credits. */
export const Invoice = z.object({
  id: Id,
  number: DocumentNumber,
  series: z.string(),
  orderId: Id.nullable(),
  customerId: Id,
  customer: CustomerSnapshot,
  lines: z.array(DocumentLine).max(linesPerOrderMax + 1),
  taxes: z.array(TaxLine),
  subtotalMinor: AmountMinor,
  taxMinor: AmountMinor,
  totalMinor: AmountMinor,
  creditedMinor: AmountMinor,
  paidMinor: AmountMinor,
  currency: Currency,
  status: InvoiceStatus,
  issuedAt: Time,
  issuedBy: z.string().nullable(),
});

/**
 * The placement saga's pivot. `source` names what is invoiced (one invoice per source, whatever is retried). The credit
 * check uses the limit that orders sends: open balance plus this invoice may not pass it.
 */
export const IssueInvoice = command("billing.issue-invoice.v1", {
  about:
    "Asked by orders' saga: checks credit, takes the next number, freezes tax and issues the invoice; or refuses.",
  ask: z.object({
    orderId: Id,
    customer: CustomerSnapshot.extend({ creditLimitMinor: AmountMinor }),
    lines: z.array(DocumentLine).min(1).max(linesPerOrderMax),
    shippingMinor: AmountMinor,
  }),
  answer: z.object({
    invoiceId: Id,
    number: DocumentNumber,
    subtotalMinor: AmountMinor,
    taxMinor: AmountMinor,
    totalMinor: AmountMinor,
    issuedAt: Time,
  }),
  refusals: ["credit_limit_exceeded", "amount_too_large", "fenced"],
});

/** The fence of IssueInvoice: after `cancelled`, a late IssueInvoice for the order is refused as fenced. */
export const CancelIssue = command("billing.cancel-issue.v1", {
  about:
    "Asked by orders' saga when an invoice is in doubt: forbids it, or answers that it was issued already.",
  ask: z.object({ orderId: Id }),
  answer: z.discriminatedUnion("state", [
    z.object({ state: z.literal("cancelled") }),
    z.object({
      state: z.literal("already-done"),
      invoice: z.object({
        invoiceId: Id,
        number: DocumentNumber,
        subtotalMinor: AmountMinor,
        taxMinor: AmountMinor,
        totalMinor: AmountMinor,
        issuedAt: Time,
      }),
    }),
  ]),
});

export const CreditNote = z.object({
  id: Id,
  number: DocumentNumber,
  series: z.string(),
  invoiceId: Id,
  invoiceNumber: DocumentNumber,
  customerId: Id,
  subtotalMinor: AmountMinor,
  taxMinor: AmountMinor,
  totalMinor: AmountMinor,
  currency: Currency,
  reason: Text.nullable(),
  issuedAt: Time,
  issuedBy: z.string().nullable(),
});

/** Credits what of the order's invoice is not credited yet. Answers null when the order has no invoice. */
export const CreditOrder = command("billing.credit-order.v1", {
  about: "Asked by orders' cancel saga: issues a credit note over the rest of an order's invoice.",
  ask: z.object({ orderId: Id, reason: Text.optional() }),
  answer: z.object({ creditNote: CreditNote.nullable() }),
});

export const GetInvoice = query("billing.invoice.v1", {
  about: "One invoice by id; for a CUSTOMER its own only.",
  ask: z.object({ id: Id }),
  answer: Invoice,
  refusals: ["not_found", "forbidden"],
});

export const ListInvoices = query("billing.invoices.v1", {
  about: "Invoices, newest first; for a CUSTOMER its own only.",
  ask: Page.extend({ customerId: Id.optional(), orderId: Id.optional(), status: InvoiceStatus.optional() }),
  answer: pageOf(Invoice),
  refusals: ["bad_request"],
});

export const ListCreditNotes = query("billing.credit-notes.v1", {
  about: "Credit notes, newest first; for a CUSTOMER its own only.",
  ask: Page.extend({ customerId: Id.optional(), invoiceId: Id.optional() }),
  answer: pageOf(CreditNote),
  refusals: ["bad_request"],
});

export const InvoiceIssued = event("billing.invoice-issued.v1", {
  about: "Invoice issued",
  entity: "invoice",
  action: "CREATE",
  fields: Invoice.pick({
    number: true,
    orderId: true,
    customerId: true,
    subtotalMinor: true,
    taxMinor: true,
    totalMinor: true,
    currency: true,
  }),
});

/** A refused invoice changes nothing but leaves its trace: who was refused, at which balance and limit. */
export const InvoiceRefused = event("billing.invoice-refused.v1", {
  about: "Invoice refused: credit limit exceeded",
  entity: "customer",
  action: "COMMAND",
  fields: z.object({
    orderId: Id,
    customerId: Id,
    totalMinor: AmountMinor,
    /** A sum of many invoices, so not bounded like one; below zero while a refund is still owed. */
    openBalanceMinor: z.int(),
    creditLimitMinor: AmountMinor,
  }),
});

export const IssueCancelled = event("billing.issue-cancelled.v1", {
  about: "Invoice in doubt forbidden before it was issued",
  entity: "order",
  action: "COMMAND",
  fields: z.object({ orderId: Id }),
});

export const CreditNoteIssued = event("billing.credit-note-issued.v1", {
  about: "Credit note issued",
  entity: "credit-note",
  action: "CREATE",
  fields: CreditNote.pick({
    number: true,
    invoiceId: true,
    invoiceNumber: true,
    customerId: true,
    subtotalMinor: true,
    taxMinor: true,
    totalMinor: true,
    reason: true,
  }),
});
