import { amountMinorMax, InvoiceIssued, InvoiceRefused, IssueInvoice } from "@quartermaster/contracts";
import { type Command, done, handle, newId, type Outcome, refuse, type Tx } from "@quartermaster/messaging";
import { type InvoiceSnapshot, invoiceFrom } from "../domain/documents";
import { draftInvoice, type InvoiceDraft } from "../domain/draft-invoice";
import { type CreditRefusal, grantCredit } from "../domain/grant-credit";
import type { TaxRates } from "../domain/tax";
import { bookAccounts } from "../store/accounts";
import { insertInvoices } from "../store/invoices";
import { takeNumbers } from "../store/series";
import { claimSources, releaseSources } from "../store/sources";
import { actorName } from "./actor-name";
import { invoiceAnswer } from "./invoice-answer";
import { settledSources } from "./settled-sources";

/** What an invoice is issued under: the rates it freezes and the deployment's currency. */
export interface IssuingTerms {
  rates: TaxRates;
  currency: string;
}

type IssueCommand = Command<typeof IssueInvoice, undefined>;
type IssueOutcome = Outcome<typeof IssueInvoice>;
type Drafted = InvoiceDraft & { issuedBy: string };

/** Locks orders, then customers, then the series (docs/decisions/0060); decides credit in between, purely. */
export function issueInvoice(terms: IssuingTerms) {
  return handle(IssueInvoice, async (tx, commands) => {
    const outcomes = new Map<string, IssueOutcome>();
    const drafts = draftEach(firstPerOrder(commands), terms.rates, outcomes);
    const claims = drafts.map(({ orderId }) => ({ orderId, invoiceId: newId() }));
    const claimed = await claimSources(tx, claims);
    const settled = drafts.filter(({ orderId }) => !claimed.has(orderId)).map(({ orderId }) => orderId);
    for (const [orderId, found] of await settledSources(tx, settled)) {
      outcomes.set(
        orderId,
        found === "forbidden" ? refuse("fenced", { orderId }) : done(invoiceAnswer(found)),
      );
    }
    const fresh = drafts.filter(({ orderId }) => claimed.has(orderId));
    const { granted, refused } = await decideCredit(tx, fresh);
    for (const refusal of refused) outcomes.set(refusal.draft.orderId, creditRefused(refusal));
    const invoiceIds = new Map(claims.map(({ orderId, invoiceId }) => [orderId, invoiceId]));
    for (const invoice of await issue(tx, granted, invoiceIds, terms.currency)) {
      outcomes.set(invoice.orderId as string, done(invoiceAnswer(invoice), invoiceIssued(invoice)));
    }
    return inOrderOf(commands, outcomes);
  });
}

/** Two commands for one order in a batch are one request: the saga's retry under another id. */
function firstPerOrder(commands: readonly IssueCommand[]): IssueCommand[] {
  const first = new Map<string, IssueCommand>();
  for (const command of commands) {
    if (!first.has(command.ask.orderId)) first.set(command.ask.orderId, command);
  }
  return [...first.values()];
}

function draftEach(
  commands: readonly IssueCommand[],
  rates: TaxRates,
  outcomes: Map<string, IssueOutcome>,
): Drafted[] {
  return commands.flatMap(({ ask, meta }) => {
    const draft = draftInvoice(ask, rates);
    if (draft !== null) return [{ ...draft, issuedBy: actorName(meta.actor) }];
    outcomes.set(ask.orderId, refuse("amount_too_large", { maxMinor: amountMinorMax }));
    return [];
  });
}

async function decideCredit(tx: Tx, drafts: readonly Drafted[]) {
  const owed = (draft: InvoiceDraft) => ({ customerId: draft.customer.id, deltaMinor: draft.totalMinor });
  const decision = grantCredit(drafts, await bookAccounts(tx, drafts.map(owed)));
  if (decision.refused.length > 0) {
    const refused = decision.refused.map(({ draft }) => draft);
    await bookAccounts(
      tx,
      refused.map(owed).map(({ customerId, deltaMinor }) => ({ customerId, deltaMinor: -deltaMinor })),
    );
    releaseSources(
      tx,
      refused.map(({ orderId }) => orderId),
    );
  }
  return decision;
}

async function issue(
  tx: Tx,
  drafts: readonly Drafted[],
  invoiceIds: ReadonlyMap<string, string>,
  currency: string,
): Promise<InvoiceSnapshot[]> {
  if (drafts.length === 0) return [];
  const series = "INV";
  const { first: firstNumber, issuedAt } = await takeNumbers(tx, series, drafts.length);
  const invoices = drafts.map(({ issuedBy, ...draft }, place) =>
    invoiceFrom(draft, {
      id: invoiceIds.get(draft.orderId) as string,
      series,
      number: firstNumber + place,
      issuedAt,
      issuedBy,
      currency,
    }),
  );
  insertInvoices(tx, { series, currency, issuedAt, firstNumber }, invoices);
  return invoices;
}

/** What was done is said once, by the first command of each order. */
function inOrderOf(commands: readonly IssueCommand[], outcomes: Map<string, IssueOutcome>): IssueOutcome[] {
  return commands.map(({ ask: { orderId } }) => {
    const outcome = outcomes.get(orderId);
    if (outcome === undefined) throw new Error(`order ${orderId} was left without an outcome`);
    outcomes.set(orderId, { ...outcome, said: [] });
    return outcome;
  });
}

function invoiceIssued(invoice: InvoiceSnapshot) {
  const { number, orderId, customerId, subtotalMinor, taxMinor, totalMinor, currency } = invoice;
  const said = { number, orderId, customerId, subtotalMinor, taxMinor, totalMinor, currency };
  return InvoiceIssued.of({ entityId: invoice.id, version: 1, old: null, new: said });
}

function creditRefused({ draft, openBalanceMinor }: CreditRefusal) {
  const { orderId, totalMinor, creditLimitMinor, customer } = draft;
  const why = { creditLimitMinor, openBalanceMinor, totalMinor };
  const said = { orderId, customerId: customer.id, ...why };
  return refuse(
    "credit_limit_exceeded",
    why,
    InvoiceRefused.of({ entityId: customer.id, version: 0, old: null, new: said }),
  );
}
