import type { AskOf, ListAudit } from "@quartermaster/contracts";
import { type Reader, sql, type Tx } from "@quartermaster/messaging";
import { build, queries } from "@quartermaster/process";
import type { ChainedLink } from "../domain/link";
import { recordColumns } from "./records";

/** The hash of the record before: looked up per row of the page, by the primary key. */
const prevHash = `(select encode(before.hash, 'hex') from records as before
  where before.position = records.position - 1) as "prevHash"`;

const limitStatement = sql("audit-limit-time", "set local statement_timeout = '4s'");

/**
 * A search that no index serves is given up after 4 s, as a fault, before the asker's own patience ends: the recorder
 * shares the machine with it.
 */
export function limitTime(tx: Tx): void {
  tx.write(limitStatement);
}

/** A record with its predecessor's hash; null for the first, or where the predecessor is gone. */
export type ListedLink = ChainedLink & { prevHash: string | null };

/** Records that match, from behind the position `after` in the order asked for; at most `limit`. */
export async function listRecords(
  db: Reader,
  filter: Omit<AskOf<typeof ListAudit>, "after">,
  after: number | undefined,
  limit: number,
): Promise<ListedLink[]> {
  const list = queries("records").select(queries.raw(`${recordColumns}, ${prevHash}`));
  if (filter.userId !== undefined) list.where("user_id", filter.userId);
  if (filter.entity !== undefined) list.where("entity", filter.entity);
  if (filter.recordId !== undefined) list.where("record_id", filter.recordId);
  if (filter.action !== undefined) list.where("action", filter.action);
  if (filter.requestId !== undefined) list.where("request_id", filter.requestId);
  if (filter.from !== undefined) list.where("at", ">=", filter.from);
  if (filter.to !== undefined) list.where("at", "<", filter.to);
  if (after !== undefined) list.where("position", filter.order === "asc" ? ">" : "<", after);
  return db.rows<ListedLink>(build(list.orderBy("position", filter.order).limit(limit)));
}
