import type { Actor, AskOf, Customer, IssueInvoice, OpenCustomer } from "@quartermaster/contracts";
import type { z } from "zod";
import { nameOf } from "./who";

export type CustomerView = z.infer<typeof Customer>;
export type CustomerFields = Omit<
  CustomerView,
  "id" | "version" | "createdAt" | "createdBy" | "updatedAt" | "updatedBy"
>;

const defaults: Omit<CustomerFields, "name"> = {
  documentType: null,
  documentNumber: null,
  address: null,
  phone: null,
  email: null,
  kind: "STANDARD",
  paymentTerms: "CASH",
  creditLimitMinor: 0,
  meterRateMinor: null,
  lastMeterReading: null,
  status: "ACTIVE",
};

/** An account about to be opened. */
export interface Opening {
  readonly customer: CustomerView;
  /**
   * Whether it comes from a registration. Then an email that another record has is left out instead of refused: the user
   * must be able to order, and linking it to that record would give a stranger who merely typed the email somebody else's
   * prices, orders and invoices. Staff may merge the two once they know who it is.
   */
  readonly registration: boolean;
}

/** A customer as an order sees it: whether it may order, and what its invoice will say of it. */
export interface Buyer {
  readonly status: CustomerView["status"];
  readonly snapshot: AskOf<typeof IssueInvoice>["customer"];
}

export function buyerOf(customer: CustomerView): Buyer {
  const { id, name, documentType, documentNumber, address, email, paymentTerms, creditLimitMinor } = customer;
  return {
    status: customer.status,
    snapshot: { id, name, documentType, documentNumber, address, email, paymentTerms, creditLimitMinor },
  };
}

const nameLengthMax = 200;

/**
 * The name of an account that is opened without asking for one: a user's own name or email, which may be longer than a
 * customer's name may be.
 */
export function accountName(name: string | null | undefined): string {
  // Not through the middle of a character of two halves.
  const cut = (name ?? "")
    .trim()
    .slice(0, nameLengthMax)
    .replace(/[\uD800-\uDBFF]$/, "")
    .trim();
  return cut === "" ? "Customer" : cut;
}

/** A new customer with the defaults of DOMAIN.md (STANDARD, CASH, no credit). `at` is an ISO time. */
export function newCustomer(
  id: string,
  fields: Partial<AskOf<typeof OpenCustomer>> & { name: string },
  actor: Actor,
  at: string,
): CustomerView {
  const { id: _, ...given } = fields;
  const by = nameOf(actor);
  return {
    ...defaults,
    ...canonical(given),
    name: given.name,
    id,
    version: 1,
    createdAt: at,
    createdBy: by,
    updatedAt: at,
    updatedBy: by,
  };
}

/** What an event says of a customer: its fields without the stamps. */
export function customerFields(customer: CustomerView) {
  const { createdAt: _1, createdBy: _2, updatedAt: _3, updatedBy: _4, ...fields } = customer;
  return fields;
}

/**
 * The fields that a change really changes, before and after; null when there is none. Absent fields stay as they are.
 */
export function differences<Fields extends object>(
  before: Fields,
  change: Partial<Fields>,
): { old: Partial<Fields>; new: Partial<Fields> } | null {
  const changed = (Object.keys(change) as (keyof Fields)[]).filter(
    (key) => change[key] !== undefined && change[key] !== before[key],
  );
  if (changed.length === 0) return null;
  return {
    old: Object.fromEntries(changed.map((key) => [key, before[key]])) as Partial<Fields>,
    new: Object.fromEntries(changed.map((key) => [key, change[key]])) as Partial<Fields>,
  };
}

/** The given fields as they are kept: a meter reading always has its two places. */
export function canonical<Fields extends Partial<CustomerFields>>(fields: Fields): Partial<Fields> {
  const given = Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined));
  const reading = fields.lastMeterReading;
  return { ...given, ...(reading ? { lastMeterReading: twoPlaces(reading) } : {}) } as Partial<Fields>;
}

function twoPlaces(decimal: string): string {
  const [whole = "0", places = ""] = decimal.split(".");
  return `${whole.replace(/^0+(?=\d)/, "")}.${places.padEnd(2, "0")}`;
}
