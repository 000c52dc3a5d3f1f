import type { Handler } from "@quartermaster/messaging";
import type { BillingConfig } from "./config";
import { cancelIssue } from "./handlers/cancel-issue";
import { creditOrder } from "./handlers/credit-order";
import { issueInvoice } from "./handlers/issue-invoice";
import { getInvoice } from "./queries/get-invoice";
import { listCreditNotes } from "./queries/list-credit-notes";
import { listInvoices } from "./queries/list-invoices";

/** Everything that billing hears. */
export function messages({ TAX_RATE, CURRENCY }: BillingConfig): Handler[] {
  const rates = { STANDARD: TAX_RATE, ZERO: 0, EXEMPT: 0 };
  return [
    issueInvoice({ rates, currency: CURRENCY }),
    cancelIssue,
    creditOrder,
    getInvoice,
    listInvoices,
    listCreditNotes,
  ];
}
