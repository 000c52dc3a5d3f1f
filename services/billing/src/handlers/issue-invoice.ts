import { amountMinorMax, InvoiceIssued, InvoiceRefused, IssueInvoice } from "@quartermaster/contracts";
import { type Command, done, handle, newId, type Outcome, refuse, type Tx } from "@quartermaster/messaging";
import { type InvoiceSnapshot, invoiceFrom } from "../domain/documents";
import { draftInvoice, type InvoiceDraft } from "../domain/draft-invoice";
import { type CreditRefusal, grantCredit } from "../domain/grant-credit";
import type { TaxRates } from "../domain/tax";
import { bookAccounts } from "../store/accounts";
import { insertInvoices } from "../store/invoices";
import { returnNumbers, takeNumbers } from "../store/series";
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

/** What is taken for a draft before it is known whether its invoice is issued. */
interface Taken {
  command: IssueCommand;
  invoiceId: string;
}

const series = "INV";

/**
 * Locks orders, then customers, then the series (docs/decisions/0060), in one round trip: everything is taken for all
 * drafts, and what turns out not to be issued is given back in the same transaction, which is rare. Decides credit
 * purely.
 */
export function issueInvoice(terms: IssuingTerms) {
  return handle(IssueInvoice, async (tx, commands) => {
    const outcomes = new Map<string, IssueOutcome>();
    const taken = firstPerOrder(commands);
    const drafts = draftEach(taken, terms.rates, outcomes);
    if (drafts.length > 0) await issueEach(tx, drafts, { taken, terms, outcomes });
    return commands.map((command) => outcomeOf(command, taken, outcomes));
  });
}

/** Two commands for one order in a batch are one request: the saga's retry under another id. */
function firstPerOrder(commands: readonly IssueCommand[]): Map<string, Taken> {
  const first = new Map<string, Taken>();
  for (const command of commands) {
    const { orderId } = command.ask;
    if (!first.has(orderId)) first.set(orderId, { command, invoiceId: newId() });
  }
  return first;
}

function draftEach(
  taken: ReadonlyMap<string, Taken>,
  rates: TaxRates,
  outcomes: Map<string, IssueOutcome>,
): InvoiceDraft[] {
  const drafts: InvoiceDraft[] = [];
  for (const { command } of taken.values()) {
    const draft = draftInvoice(command.ask, rates);
    if (draft !== null) drafts.push(draft);
    else outcomes.set(command.ask.orderId, refuse("amount_too_large", { maxMinor: amountMinorMax }));
  }
  return drafts;
}

interface Issue {
  taken: ReadonlyMap<string, Taken>;
  terms: IssuingTerms;
  outcomes: Map<string, IssueOutcome>;
}

async function issueEach(tx: Tx, drafts: readonly InvoiceDraft[], issue: Issue): Promise<void> {
  const { taken, outcomes } = issue;
  const [claimed, open, numbers] = await Promise.all([
    claimSources(
      tx,
      drafts.map(({ orderId }) => ({ orderId, invoiceId: takenFor(orderId, taken).invoiceId })),
    ),
    bookAccounts(tx, drafts.map(owed)),
    takeNumbers(tx, series, drafts.length),
  ]);
  const fresh = drafts.filter(({ orderId }) => claimed.has(orderId));
  const settled = drafts.filter(({ orderId }) => !claimed.has(orderId));
  const { granted, refused } = grantCredit(fresh, open);
  await giveBack(tx, settled, refused);
  await answerSettled(tx, settled, outcomes);
  for (const refusal of refused) outcomes.set(refusal.draft.orderId, creditRefused(refusal));
  for (const invoice of write(tx, granted, numbers, issue)) {
    outcomes.set(invoice.orderId as string, done(invoiceAnswer(invoice), invoiceIssued(invoice)));
  }
}

/** Writes the granted drafts as invoices, with the first of the numbers that were taken. */
function write(
  tx: Tx,
  granted: readonly InvoiceDraft[],
  { first: firstNumber, issuedAt }: { first: number; issuedAt: string },
  { taken, terms: { currency } }: Issue,
): InvoiceSnapshot[] {
  if (granted.length === 0) return [];
  const invoices = granted.map((draft, place) => {
    const { command, invoiceId } = takenFor(draft.orderId, taken);
    return invoiceFrom(draft, {
      id: invoiceId,
      series,
      number: firstNumber + place,
      issuedAt,
      issuedBy: actorName(command.meta.actor),
      currency,
    });
  });
  insertInvoices(tx, { series, currency, issuedAt, firstNumber }, invoices);
  return invoices;
}

function owed({ customer, totalMinor }: InvoiceDraft): { customerId: string; deltaMinor: number } {
  return { customerId: customer.id, deltaMinor: totalMinor };
}

/** Gives back what was taken for drafts that get no invoice: room in the credit, numbers, and the order of a refused one. */
async function giveBack(
  tx: Tx,
  settled: readonly InvoiceDraft[],
  refused: readonly CreditRefusal[],
): Promise<void> {
  const unused = [...settled, ...refused.map(({ draft }) => draft)];
  if (unused.length === 0) return;
  await bookAccounts(
    tx,
    unused.map(owed).map(({ customerId, deltaMinor }) => ({ customerId, deltaMinor: -deltaMinor })),
  );
  returnNumbers(tx, series, unused.length);
  if (refused.length === 0) return;
  releaseSources(
    tx,
    refused.map(({ draft }) => draft.orderId),
  );
}

async function answerSettled(
  tx: Tx,
  drafts: readonly InvoiceDraft[],
  outcomes: Map<string, IssueOutcome>,
): Promise<void> {
  if (drafts.length === 0) return;
  const settled = await settledSources(
    tx,
    drafts.map(({ orderId }) => orderId),
  );
  for (const [orderId, found] of settled) {
    outcomes.set(orderId, found === "forbidden" ? refuse("fenced", { orderId }) : done(invoiceAnswer(found)));
  }
}

function takenFor(orderId: string, taken: ReadonlyMap<string, Taken>): Taken {
  const found = taken.get(orderId);
  if (found === undefined) throw new Error(`order ${orderId} was not asked for`);
  return found;
}

/** What was done is said once, by the first command of each order. */
function outcomeOf(
  command: IssueCommand,
  taken: ReadonlyMap<string, Taken>,
  outcomes: ReadonlyMap<string, IssueOutcome>,
): IssueOutcome {
  const { orderId } = command.ask;
  const outcome = outcomes.get(orderId);
  if (outcome === undefined) throw new Error(`order ${orderId} was left without an outcome`);
  return taken.get(orderId)?.command === command ? outcome : { ...outcome, said: [] };
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
