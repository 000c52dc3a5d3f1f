import type { Caller } from "./caller";
import type { SoldLine, Sums } from "./price";

export const currency = "USD";

/** Where all stock lies. */
const locationId = "01900000-0000-7000-8000-000000000001";

export interface Customer {
  readonly id: string;
  readonly name: string;
  readonly documentType: string | null;
  readonly documentNumber: string | null;
  readonly address: string | null;
  readonly email: string;
  readonly paymentTerms: "CASH" | "CREDIT";
  readonly creditLimitMinor: number;
}

/** An order before it has its number and its time. */
export interface DraftOrder {
  readonly id: string;
  readonly invoiceId: string;
  readonly caller: Caller;
  readonly customer: Customer;
  readonly lines: readonly SoldLine[];
  readonly sums: Sums;
  readonly notes: string | null;
}

/** What the invoice says, without its number and date. */
export function invoiceJson({ id, invoiceId, caller, customer, lines, sums }: DraftOrder): string {
  const { creditLimitMinor: _, ...shown } = customer;
  return JSON.stringify({
    form: 1,
    id: invoiceId,
    series: "INV",
    currency,
    customerId: customer.id,
    issuedBy: caller.name,
    orderId: id,
    customer: shown,
    lines,
    ...sums,
  });
}

/** The new values of the audit's three records, the last two without the invoice's number. */
export function auditJson({ id, customer, lines, sums }: DraftOrder) {
  const { subtotalMinor, taxMinor, totalMinor } = sums;
  const reserved = lines.map(({ productId, quantity }) => ({ productId, locationId, quantity }));
  const items = lines.map(({ productId, quantity, unitPriceMinor }) => ({
    productId,
    quantity,
    unitPriceAtPurchaseMinor: unitPriceMinor,
  }));
  return {
    reservation: JSON.stringify({ orderId: id, lines: reserved }),
    issued: JSON.stringify({
      orderId: id,
      customerId: customer.id,
      subtotalMinor,
      taxMinor,
      totalMinor,
      currency,
    }),
    placed: JSON.stringify({
      customerId: customer.id,
      status: "PENDING",
      totalAmountMinor: subtotalMinor,
      shippingAmountMinor: 0,
      taxAmountMinor: taxMinor,
      grandTotalMinor: totalMinor,
      items,
    }),
  };
}
