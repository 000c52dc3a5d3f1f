import { hash } from "node:crypto";
import { type Reader, sql, type Tx, texts } from "@quartermaster/messaging";
import type { InvoiceSnapshot } from "../domain/documents";

const insert = sql(
  "insert-invoices",
  `insert into invoices (id, series, number, source_kind, source_id, customer_id, subtotal_minor, tax_minor,
     total_minor, currency, issued_at, snapshot, snapshot_sha256)
   select unnest($4::uuid[]), $1::text, unnest($5::bigint[]), 'ORDER', unnest($6::uuid[]), unnest($7::uuid[]),
     unnest($8::bigint[]), unnest($9::bigint[]), unnest($8::bigint[]) + unnest($9::bigint[]), $2::text, $3::timestamptz,
     unnest($10::text[]), unnest($11::bytea[])`,
);

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
    texts(snapshots),
    snapshots.map((snapshot) => `\\x${sha256(snapshot)}`),
  ]);
}

/** SHA-256 of the text in UTF-8, in hex. */
export function sha256(text: string): string {
  return hash("sha256", text, "hex");
}

const find = sql("find-invoices", "select snapshot from invoices where id = any($1::uuid[])");

/** The invoices as they were issued, in no order. */
export async function findInvoices(db: Reader, ids: readonly string[]): Promise<InvoiceSnapshot[]> {
  if (ids.length === 0) return [];
  const rows = await db.rows<{ snapshot: string }>(find, [ids]);
  return rows.map(({ snapshot }) => JSON.parse(snapshot) as InvoiceSnapshot);
}
