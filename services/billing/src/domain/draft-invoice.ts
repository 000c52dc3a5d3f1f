import { type AskOf, amountMinorMax, type Invoice, type IssueInvoice } from "@quartermaster/contracts";
import type { z } from "zod";
import { type TaxLine, type TaxRates, taxesOf } from "./tax";

export type InvoiceLine = z.infer<typeof Invoice>["lines"][number];
export type InvoiceAsk = AskOf<typeof IssueInvoice>;

/** What an invoice will say, before it has a number and a date. */
export interface InvoiceDraft {
  orderId: string;
  customer: z.infer<typeof Invoice>["customer"];
  creditLimitMinor: number;
  lines: InvoiceLine[];
  taxes: TaxLine[];
  subtotalMinor: number;
  taxMinor: number;
  totalMinor: number;
}

/**
 * Adds up the lines and shipping and computes the tax at the rates of this moment, which are thereby frozen. Null when
 * the total is more than an invoice can hold. Throws when a line does not multiply out: no such document may exist.
 */
export function draftInvoice(ask: InvoiceAsk, rates: TaxRates): InvoiceDraft | null {
  ask.lines.forEach(mustMultiplyOut);
  const lines: InvoiceLine[] =
    ask.shippingMinor > 0 ? [...ask.lines, shippingLine(ask.shippingMinor)] : [...ask.lines];
  const subtotalMinor = lines.reduce((sum, line) => sum + line.lineTotalMinor, 0);
  const taxes = taxesOf(lines, rates);
  const taxMinor = taxes.reduce((sum, tax) => sum + tax.taxMinor, 0);
  const totalMinor = subtotalMinor + taxMinor;
  if (totalMinor > amountMinorMax) return null;
  return {
    orderId: ask.orderId,
    customer: customerIn(ask),
    creditLimitMinor: ask.customer.creditLimitMinor,
    lines,
    taxes,
    subtotalMinor,
    taxMinor,
    totalMinor,
  };
}

/** The customer as documents show it: without its limit. */
function customerIn({ customer }: InvoiceAsk): InvoiceDraft["customer"] {
  const { id, name, documentType, documentNumber, address, email, paymentTerms } = customer;
  return { id, name, documentType, documentNumber, address, email, paymentTerms };
}

function mustMultiplyOut(line: InvoiceLine): void {
  // Where this product is no longer exact it is far above any line total that the contract lets through.
  if (line.quantity * line.unitPriceMinor === line.lineTotalMinor) return;
  throw new Error(
    `line "${line.description}": ${line.quantity} at ${line.unitPriceMinor} is not ${line.lineTotalMinor}`,
  );
}

function shippingLine(shippingMinor: number): InvoiceLine {
  return {
    productId: null,
    sku: null,
    description: "Shipping",
    quantity: 1,
    unitPriceMinor: shippingMinor,
    lineTotalMinor: shippingMinor,
    taxCode: "STANDARD",
  };
}
