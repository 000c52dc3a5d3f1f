import { CreditNoteIssued, CreditOrder } from "@quartermaster/contracts";
import { type Command, done, handle, newId, type Outcome, type Tx } from "@quartermaster/messaging";
import { creditRest } from "../domain/credit-rest";
import {
  type CreditNoteSnapshot,
  creditNoteFrom,
  type InvoiceSnapshot,
  shownCreditNote,
} from "../domain/documents";
import { bookAccounts } from "../store/accounts";
import { addCredits, findCreditNotes, insertCreditNotes } from "../store/credit-notes";
import { findInvoices } from "../store/invoices";
import { takeNumbers } from "../store/series";
import { lockIssuedSources } from "../store/sources";
import { actorName } from "./actor-name";

type CreditCommand = Command<typeof CreditOrder, undefined>;
type Credit = { command: CreditCommand; invoice: InvoiceSnapshot; rest: ReturnType<typeof creditRest> };

/** Credits the rest of each order's invoice. A repeat finds no rest, and answers the newest note that exists. */
export const creditOrder = handle(CreditOrder, async (tx, commands) => {
  const orderIds = [...new Set(commands.map(({ ask }) => ask.orderId))];
  const sources = await lockIssuedSources(tx, orderIds);
  const invoiceIds = sources.flatMap(({ invoiceId }) => invoiceId ?? []);
  if (invoiceIds.length === 0) return commands.map(() => done({ creditNote: null }));

  const invoices = await findInvoices(tx, invoiceIds);
  const earlier = notesByInvoice(await findCreditNotes(tx, invoiceIds));
  const credits = invoices.flatMap((invoice): Credit[] => {
    const notes = earlier.get(invoice.id) ?? [];
    const rest = creditRest(invoice, notes);
    const command = commands.find(({ ask }) => ask.orderId === invoice.orderId);
    // An invoice over nothing is credited too, once, so that it counts as credited.
    return command && (rest.totalMinor > 0 || notes.length === 0) ? [{ command, invoice, rest }] : [];
  });
  const issued = new Map((await issueNotes(tx, credits)).map((note) => [note.invoiceId, note]));
  const invoiceOf = new Map(invoices.map((invoice) => [invoice.orderId, invoice.id]));
  const unsaid = new Set(issued.keys());
  return commands.map(({ ask }): Outcome<typeof CreditOrder> => {
    const invoiceId = invoiceOf.get(ask.orderId);
    if (invoiceId === undefined) return done({ creditNote: null });
    const note = issued.get(invoiceId) ?? earlier.get(invoiceId)?.at(-1);
    if (note === undefined) throw new Error(`invoice ${invoiceId} was neither credited now nor before`);
    const said = unsaid.delete(invoiceId) ? [creditNoteIssued(note)] : [];
    return done({ creditNote: shownCreditNote(note) }, ...said);
  });
});

function notesByInvoice(notes: readonly CreditNoteSnapshot[]): Map<string, CreditNoteSnapshot[]> {
  const grouped = new Map<string, CreditNoteSnapshot[]>();
  for (const note of notes) grouped.set(note.invoiceId, [...(grouped.get(note.invoiceId) ?? []), note]);
  return grouped;
}

async function issueNotes(tx: Tx, credits: readonly Credit[]): Promise<CreditNoteSnapshot[]> {
  if (credits.length === 0) return [];
  const amounts = credits.map(({ invoice, rest }) => ({
    invoiceId: invoice.id,
    creditedMinor: rest.totalMinor,
    customerId: invoice.customerId,
    deltaMinor: -rest.totalMinor,
  }));
  addCredits(tx, amounts);
  await bookAccounts(tx, amounts);
  const series = "CN";
  const { first: firstNumber, issuedAt } = await takeNumbers(tx, series, credits.length);
  const notes = credits.map(({ command, invoice, rest }, place) =>
    creditNoteFrom(invoice, rest, command.ask.reason ?? null, {
      id: newId(),
      series,
      number: firstNumber + place,
      issuedAt,
      issuedBy: actorName(command.meta.actor),
      currency: invoice.currency,
    }),
  );
  insertCreditNotes(tx, { series, issuedAt, firstNumber }, notes);
  return notes;
}

function creditNoteIssued(note: CreditNoteSnapshot) {
  const { number, invoiceId, invoiceNumber, customerId, subtotalMinor, taxMinor, totalMinor, reason } = note;
  const said = { number, invoiceId, invoiceNumber, customerId, subtotalMinor, taxMinor, totalMinor, reason };
  return CreditNoteIssued.of({ entityId: note.id, version: 1, old: null, new: said });
}
