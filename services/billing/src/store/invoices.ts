import { createHash } from "node:crypto";
import { type Reader, sql, type Tx } from "@quartermaster/messaging";
import type { InvoiceSnapshot } from "../domain/documents";

const insert = sql(
  "insert-invoices",
  `insert into invoices (id, series, number, source_kind, source_id, customer_id, subtotal_minor, tax_minor,
     total_minor, currency, issued_at, snapshot, snapshot_sha256)
   select id, $1::text, number, 'ORDER', source_id, customer_id, subtotal_minor, tax_minor,
     subtotal_minor + tax_minor, $2::text, $3::timestamptz, snapshot, decode(sha256, 'hex')
   from unnest($4::uuid[], $5::bigint[], $6::uuid[], $7::uuid[], $8::bigint[], $9::bigint[],
       string_to_array($10::text, chr(30)), string_to_array($11::text, ','))
     as issued (id, number, source_id, customer_id, subtotal_minor, tax_minor, snapshot, sha256)`,
);

// Snapshots travel as one text: as an array, driver and server would quote and unquote every one of them, which was a
// third of the CPU of this insert. JSON escapes control characters, so a record separator never stands inside one.
const recordSeparator = "\u001e";

/** Writes the invoices of one batch: one series, currency and date, numbers in their order. */
export function insertInvoices(
  tx: Tx,
  issued: { series: string; currency: string; issuedAt: string; firstNumber: number },
  invoices: readonly InvoiceSnapshot[],
): void {
  const snapshots = invoices.map((invoice) => JSON.stringify(invoice));
  tx.write(insert, [
    issued.series,
    issued.currency,
    issued.issuedAt,
    invoices.map(({ id }) => id),
    invoices.map((_, place) => issued.firstNumber + place),
    invoices.map(({ orderId }) => orderId),
    invoices.map(({ customerId }) => customerId),
    invoices.map(({ subtotalMinor }) => subtotalMinor),
    invoices.map(({ taxMinor }) => taxMinor),
    snapshots.join(recordSeparator),
    snapshots.map(sha256).join(),
  ]);
}

/** SHA-256 of the text in UTF-8, in hex. */
export function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

const find = sql("find-invoices", "select snapshot from invoices where id = any($1::uuid[])");

/** The invoices as they were issued, in no order. */
export async function findInvoices(db: Reader, ids: readonly string[]): Promise<InvoiceSnapshot[]> {
  if (ids.length === 0) return [];
  const rows = await db.rows<{ snapshot: string }>(find, [ids]);
  return rows.map(({ snapshot }) => JSON.parse(snapshot) as InvoiceSnapshot);
}
