import { createHash } from "node:crypto";
import { type Reader, sql } from "@quartermaster/messaging";

export interface KeyUse {
  /** The user's id, or `ip:<address>`. */
  actor: string;
  /** Method and path pattern, such as `POST /orders`. */
  route: string;
  key: string;
  bodyHash: Buffer;
  /** The id that the command gets if the key is new. */
  messageId: string;
}

// One statement for first use and repeats, whoever comes at the same time: the loser waits for the winner's row and gets
// its values. A key that the clean-up has not reached yet starts afresh after a day.
const claim = sql(
  "claim-idempotency-key",
  `insert into idempotency_keys as kept (actor, route, key, body_hash, message_id)
   values ($1::text, $2::text, $3::text, $4::bytea, $5::uuid)
   on conflict (actor, route, key) do update set
     body_hash = case when kept.created_at < now() - interval '1 day' then excluded.body_hash else kept.body_hash end,
     message_id = case when kept.created_at < now() - interval '1 day' then excluded.message_id else kept.message_id end,
     created_at = case when kept.created_at < now() - interval '1 day' then now() else kept.created_at end
   returning body_hash, message_id`,
);

/** The message that the key stands for, or `other-body` when it was used with another request. Writes one row. */
export async function claimKey(db: Reader, use: KeyUse): Promise<{ messageId: string } | "other-body"> {
  const values = [use.actor, use.route, use.key, use.bodyHash, use.messageId];
  const [row] = await db.rows<{ body_hash: Buffer; message_id: string }>(claim, values);
  if (!row) throw new Error("claiming an idempotency key returned no row");
  return row.body_hash.equals(use.bodyHash) ? { messageId: row.message_id } : "other-body";
}

/**
 * The hash of the request as it was understood: field order and spaces do not count. Secrets are left out, so that the
 * table holds nothing that a password could be guessed against.
 */
export function hashOf(ask: unknown, secrets: readonly string[]): Buffer {
  const kept = (key: string, value: unknown) => (secrets.includes(key) ? undefined : value);
  return createHash("sha256").update(JSON.stringify(ask, kept)).digest();
}

const deletedAtOnceMax = 1_000;
const forget = sql(
  "forget-idempotency-keys",
  `delete from idempotency_keys where ctid in (
     select ctid from idempotency_keys where created_at < now() - interval '1 day'
     order by created_at limit $1::int for update skip locked)
   returning 1 as gone`,
);

/** Deletes keys older than a day, a thousand at a time so that no lock is held long. Returns how many. */
export async function forgetOldKeys(db: Reader): Promise<number> {
  for (let total = 0; ; ) {
    const gone = (await db.rows(forget, [deletedAtOnceMax])).length;
    total += gone;
    if (gone < deletedAtOnceMax) return total;
  }
}
