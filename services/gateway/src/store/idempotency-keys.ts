import { createHash } from "node:crypto";
import { type Reader, type RunningService, sql, type Tx } from "@quartermaster/messaging";

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

/** What a key stands for since its first use. */
interface Kept {
  bodyHash: Buffer;
  messageId: string;
}

interface KeptRow {
  actor: string;
  route: string;
  key: string;
  body_hash: Buffer;
  message_id: string;
}

/** Claims keys that come at the same time together, and answers once they are committed. */
export type KeyLane = (use: KeyUse) => Promise<Kept>;

/** Rows of a statement: some milliseconds, for another gateway may wait for one of the same keys. */
const claimedAtOnceMax = 200;

/** A key costs a commit: those that come during one share the next. Whoever asked hears of a fault at once, as of any other. */
export function keyLane(service: Pick<RunningService, "lane">): KeyLane {
  return service.lane({
    name: "idempotency-keys",
    sizeMax: claimedAtOnceMax,
    attemptsMax: 1,
    run: async (tx, uses: KeyUse[]) => ({ results: claimAll(tx, uses), said: [] }),
  });
}

/** The message that the key stands for, or `other-body` when it was used with another request. Writes one row. */
export async function claimKey(lane: KeyLane, use: KeyUse): Promise<{ messageId: string } | "other-body"> {
  const kept = await lane(use);
  return kept.bodyHash.equals(use.bodyHash) ? { messageId: kept.messageId } : "other-body";
}

// One statement for first use and repeats, whoever comes at the same time: the loser waits for the winner's row and gets
// its values. A key that the clean-up has not reached yet starts afresh after a day.
const claim = sql(
  "claim-idempotency-keys",
  `insert into idempotency_keys as kept (actor, route, key, body_hash, message_id)
   select unnest($1::text[]), unnest($2::text[]), unnest($3::text[]), unnest($4::bytea[]), unnest($5::uuid[])
   on conflict (actor, route, key) do update set
     body_hash = case when kept.created_at < now() - interval '1 day' then excluded.body_hash else kept.body_hash end,
     message_id = case when kept.created_at < now() - interval '1 day' then excluded.message_id else kept.message_id end,
     created_at = case when kept.created_at < now() - interval '1 day' then now() else kept.created_at end
   returning actor, route, key, body_hash, message_id`,
);

/** In the order of the uses; filled when the transaction is over, so that it takes one round trip. */
function claimAll(tx: Tx, uses: readonly KeyUse[]): Kept[] {
  // The first use of a key counts, as if the others came a moment later.
  const firsts = new Map<string, KeyUse>();
  for (const use of uses) if (!firsts.has(nameOf(use))) firsts.set(nameOf(use), use);
  // In one order everywhere: two instances with the same keys wait for each other, and not both.
  const claimed = [...firsts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, use]) => use);
  const results: Kept[] = [];
  tx.write<KeptRow>(claim, columnsOf(claimed), (rows) => {
    const kept = new Map(
      rows.map((row) => [nameOf(row), { bodyHash: row.body_hash, messageId: row.message_id }]),
    );
    for (const use of uses) results.push(kept.get(nameOf(use)) as Kept);
  });
  return results;
}

function columnsOf(uses: readonly KeyUse[]) {
  return [
    uses.map(({ actor }) => actor),
    uses.map(({ route }) => route),
    uses.map(({ key }) => key),
    uses.map(({ bodyHash }) => bodyHash),
    uses.map(({ messageId }) => messageId),
  ];
}

/** A tab is in none of the three. */
function nameOf({ actor, route, key }: Pick<KeyUse, "actor" | "route" | "key">): string {
  return `${actor}\t${route}\t${key}`;
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
