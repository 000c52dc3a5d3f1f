import { type Reader, sql, type Tx, texts } from "@quartermaster/messaging";
import type { ChainedLink, ChainHead, Link } from "../domain/link";

const lockRow = sql(
  "audit-lock-head",
  `select position, encode(hash, 'hex') as hash, clock_timestamp() as now from chain for update`,
);

/**
 * The chain's head, locked to the end of the transaction, and the time after the lock (milliseconds, UTC): it does not
 * run back while the positions run forward.
 */
export async function lockHead(tx: Tx): Promise<{ head: ChainHead; recordedAt: string }> {
  const [row] = await tx.rows<{ position: number; hash: string; now: string }>(lockRow);
  if (!row) throw new Error("chain has lost its row");
  return { head: { position: row.position, hash: row.hash }, recordedAt: row.now };
}

// One statement per batch. What is the same for the whole batch travels once.
const appendRows = sql(
  "audit-append",
  `with moved as (
     update chain set position = $1::bigint + cardinality($3::text[]), hash = ($21::bytea[])[cardinality($3::text[])]
   )
   insert into records (position, recorded_at, source, epoch, seq, at, actor_kind, user_id, user_name, role, ip, action,
     entity, record_id, version, event, description, old_values, new_values, request_id, hash)
   select $1::bigint + generate_subscripts($3::text[], 1), $2::timestamptz, unnest($3::text[]), unnest($4::int[]),
     unnest($5::bigint[]), unnest($6::timestamptz[]), unnest($7::text[]), unnest($8::text[]), unnest($9::text[]),
     unnest($10::text[]), unnest($11::text[]), unnest($12::text[]), unnest($13::text[]), unnest($14::text[]),
     unnest($15::bigint[]), unnest($16::text[]), unnest($17::text[]), unnest($18::text[]), unnest($19::text[]),
     unnest($20::text[]), unnest($21::bytea[])`,
);

/** Appends links, with the hashes that chain them on the locked head, and moves the head to the last of them. */
export function append(
  tx: Tx,
  batch: { head: ChainHead; recordedAt: string; links: readonly Link[]; hashes: readonly string[] },
): void {
  const { links } = batch;
  tx.write(appendRows, [
    batch.head.position,
    batch.recordedAt,
    links.map((link) => link.source),
    links.map((link) => link.epoch),
    links.map((link) => link.seq),
    links.map((link) => link.at),
    links.map((link) => link.actorKind),
    links.map((link) => link.userId),
    links.map((link) => link.userName),
    links.map((link) => link.role),
    links.map((link) => link.ip),
    links.map((link) => link.action),
    links.map((link) => link.entity),
    links.map((link) => link.recordId),
    links.map((link) => link.version),
    links.map((link) => link.event),
    links.map((link) => link.description),
    texts(links.map((link) => link.oldValues)),
    texts(links.map((link) => link.newValues)),
    links.map((link) => link.requestId),
    batch.hashes.map((hash) => `\\x${hash}`),
  ]);
}

/** A row of `records` as a link, with its times as the canonical text shows them and `hash` as hex. */
export const recordColumns = `records.position, records.source, records.epoch, records.seq, records.at,
  records.recorded_at as "recordedAt", records.actor_kind as "actorKind", records.user_id as "userId",
  records.user_name as "userName", records.role, records.ip, records.action, records.entity,
  records.record_id as "recordId", records.version, records.event, records.description,
  records.old_values as "oldValues", records.new_values as "newValues", records.request_id as "requestId",
  encode(records.hash, 'hex') as hash`;

const endRow = sql(
  "audit-end",
  `select position, encode(hash, 'hex') as hash, (select coalesce(max(position), 0) from records) as last from chain`,
);

/** The chain's committed head and, of the same moment, the position of the last record that there is. */
export async function readEnd(db: Reader): Promise<{ head: ChainHead; last: number }> {
  const [row] = await db.rows<ChainHead & { last: number }>(endRow);
  if (!row) throw new Error("chain has lost its row");
  return { head: { position: row.position, hash: row.hash }, last: row.last };
}

const rangeRows = sql(
  "audit-range",
  `select ${recordColumns} from records where position > $1 and position <= $2 order by position limit $3`,
);

/** Links behind one position up to another, in the chain's order. */
export async function readLinks(
  db: Reader,
  range: { after: number; to: number; limit: number },
): Promise<ChainedLink[]> {
  return db.rows<ChainedLink>(rangeRows, [range.after, range.to, range.limit]);
}
