import { sql, type Tx } from "@quartermaster/messaging";
import type { CreditNoteSnapshot } from "../domain/documents";
import { sha256 } from "./invoices";

const find = sql(
  "find-credit-notes",
  "select snapshot from credit_notes where invoice_id = any($1::uuid[]) order by series, number",
);

/** All credit notes of these invoices, oldest first. */
export async function findCreditNotes(tx: Tx, invoiceIds: readonly string[]): Promise<CreditNoteSnapshot[]> {
  const rows = await tx.rows<{ snapshot: string }>(find, [invoiceIds]);
  return rows.map(({ snapshot }) => JSON.parse(snapshot) as CreditNoteSnapshot);
}

const settle = sql(
  "credit-settlements",
  `insert into invoice_settlements as settled (invoice_id, total_minor, credited_minor)
   select i.id, i.total_minor, credited.credited_minor
   from unnest($1::uuid[], $2::bigint[]) as credited (invoice_id, credited_minor)
   join invoices i on i.id = credited.invoice_id
   order by i.id
   on conflict (invoice_id) do update set credited_minor = settled.credited_minor + excluded.credited_minor`,
);

/** Adds to what is credited of each invoice; the table's check refuses more than its total. */
export function addCredits(tx: Tx, credits: readonly { invoiceId: string; creditedMinor: number }[]): void {
  tx.write(settle, [
    credits.map(({ invoiceId }) => invoiceId),
    credits.map(({ creditedMinor }) => creditedMinor),
  ]);
}

const insert = sql(
  "insert-credit-notes",
  `insert into credit_notes (id, series, number, invoice_id, customer_id, subtotal_minor, tax_minor, total_minor,
     currency, issued_at, snapshot, snapshot_sha256)
   select id, $1::text, number, invoice_id, customer_id, subtotal_minor, tax_minor, subtotal_minor + tax_minor,
     currency, $2::timestamptz, snapshot, decode(sha256, 'hex')
   from unnest($3::uuid[], $4::bigint[], $5::uuid[], $6::uuid[], $7::bigint[], $8::bigint[], $9::text[], $10::text[],
     $11::text[])
     as issued (id, number, invoice_id, customer_id, subtotal_minor, tax_minor, currency, snapshot, sha256)`,
);

/** Writes the credit notes of one batch: one series and date, numbers in their order. */
export function insertCreditNotes(
  tx: Tx,
  issued: { series: string; issuedAt: string; firstNumber: number },
  notes: readonly CreditNoteSnapshot[],
): void {
  const snapshots = notes.map((note) => JSON.stringify(note));
  tx.write(insert, [
    issued.series,
    issued.issuedAt,
    notes.map(({ id }) => id),
    notes.map((_, place) => issued.firstNumber + place),
    notes.map(({ invoiceId }) => invoiceId),
    notes.map(({ customerId }) => customerId),
    notes.map(({ subtotalMinor }) => subtotalMinor),
    notes.map(({ taxMinor }) => taxMinor),
    notes.map(({ currency }) => currency),
    snapshots,
    snapshots.map(sha256),
  ]);
}
