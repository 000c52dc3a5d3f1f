import type { InvoiceDraft } from "./draft-invoice";

export interface CreditRefusal<Draft extends InvoiceDraft = InvoiceDraft> {
  draft: Draft;
  openBalanceMinor: number;
}

/**
 * Decides in the order of arrival which invoices a customer's credit carries. A CREDIT customer's open balance plus the
 * new total may reach the limit but not pass it; a CASH invoice is always granted, and adds to the balance too. A
 * refused one takes no credit, so that a smaller one behind it may still fit.
 */
export function grantCredit<Draft extends InvoiceDraft>(
  drafts: readonly Draft[],
  openMinor: ReadonlyMap<string, number>,
): { granted: Draft[]; refused: CreditRefusal<Draft>[] } {
  const open = new Map(openMinor);
  const granted: Draft[] = [];
  const refused: CreditRefusal<Draft>[] = [];
  for (const draft of drafts) {
    const openBalanceMinor = open.get(draft.customer.id);
    if (openBalanceMinor === undefined) throw new Error(`the balance of ${draft.customer.id} was not read`);
    const wouldOwe = openBalanceMinor + draft.totalMinor;
    if (draft.customer.paymentTerms === "CREDIT" && wouldOwe > draft.creditLimitMinor) {
      refused.push({ draft, openBalanceMinor });
    } else {
      open.set(draft.customer.id, wouldOwe);
      granted.push(draft);
    }
  }
  return { granted, refused };
}
