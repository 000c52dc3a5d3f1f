import { sql, type Tx } from "@quartermaster/messaging";

export interface Source {
  sourceId: string;
  state: "ISSUED" | "FORBIDDEN";
  invoiceId: string | null;
}

const claim = sql(
  "claim-sources",
  `insert into invoice_sources (source_id, source_kind, state, invoice_id)
   select unnest($1::uuid[]) as source_id, 'ORDER', 'ISSUED', unnest($2::uuid[]) order by source_id
   on conflict (source_id) do nothing
   returning source_id as "sourceId"`,
);

/**
 * Takes each order for the invoice that is about to be issued, and waits for whoever is taking or forbidding the same
 * one. Returns the orders that are ours; the others have a committed row already.
 */
export async function claimSources(
  tx: Tx,
  claims: readonly { orderId: string; invoiceId: string }[],
): Promise<Set<string>> {
  if (claims.length === 0) return new Set();
  const values = [claims.map(({ orderId }) => orderId), claims.map(({ invoiceId }) => invoiceId)];
  const rows = await tx.rows<{ sourceId: string }>(claim, values);
  const ours = new Set<string>();
  for (const { sourceId } of rows) ours.add(sourceId);
  return ours;
}

const release = sql("release-sources", "delete from invoice_sources where source_id = any($1::uuid[])");

/** Gives back orders that this transaction claimed and then refused: they may be asked for again. */
export function releaseSources(tx: Tx, orderIds: readonly string[]): void {
  tx.write(release, [orderIds]);
}

const forbid = sql(
  "forbid-sources",
  `insert into invoice_sources (source_id, source_kind, state)
   select source_id, 'ORDER', 'FORBIDDEN' from unnest($1::uuid[]) as forbidden (source_id)
   order by source_id
   on conflict (source_id) do nothing
   returning source_id as "sourceId"`,
);

/** Forbids an invoice for each order that has none. Returns the orders that are forbidden by this very call. */
export async function forbidSources(tx: Tx, orderIds: readonly string[]): Promise<Set<string>> {
  const rows = await tx.rows<{ sourceId: string }>(forbid, [orderIds]);
  return new Set(rows.map(({ sourceId }) => sourceId));
}

const find = sql(
  "find-sources",
  `select source_id as "sourceId", state, invoice_id as "invoiceId"
   from invoice_sources where source_id = any($1::uuid[])`,
);

/** The committed rows of these orders, which never change. */
export async function findSources(tx: Tx, orderIds: readonly string[]): Promise<Source[]> {
  return orderIds.length === 0 ? [] : tx.rows<Source>(find, [orderIds]);
}

const lock = sql(
  "lock-issued-sources",
  `select source_id as "sourceId", state, invoice_id as "invoiceId"
   from invoice_sources where source_id = any($1::uuid[]) and state = 'ISSUED'
   order by source_id for update`,
);

/** The orders among these that have an invoice, locked: one credit of an invoice at a time. */
export function lockIssuedSources(tx: Tx, orderIds: readonly string[]): Promise<Source[]> {
  return tx.rows<Source>(lock, [orderIds]);
}
