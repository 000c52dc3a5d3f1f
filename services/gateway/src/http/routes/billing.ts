import { GetInvoice, ListCreditNotes, ListInvoices } from "@quartermaster/contracts";
import { get, routes } from "../route";

// biome-ignore format: one line per route
export const billingRoutes = routes("Billing", [
  get("/invoices", ListInvoices, { may: "invoices:read", summary: "List invoices, newest first" }),
  get("/invoices/{id}", GetInvoice, { may: "invoices:read", summary: "One invoice with its lines" }),
  get("/credit-notes", ListCreditNotes, { may: "invoices:read", summary: "List credit notes, newest first" }),
]);
