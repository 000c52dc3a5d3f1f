import { type RefusalCode, type RefusalDetails, refusals } from "@quartermaster/contracts";
import { jsonOf } from "@quartermaster/process";
import { texts } from "./arrays";
import type { Done, Outcome, Refused } from "./outcome";
import { sql, type Tx } from "./sql";

/** How long a command's id is remembered. A command with an older id is refused: it might have been done before. */
export const inboxRetentionDays = 14;

/** A reply in JSON, written once for the store and the wire: the answer, or {code, message, details} of a refusal. */
export interface StoredReply {
  readonly refused: RefusalCode | null;
  readonly json: string;
}

/** The reply to store, or null for a command that a saga will settle. */
export function storedReply(outcome: Outcome): StoredReply | null {
  return outcome.kind === "accepted" ? null : decidedReply(outcome);
}

export function decidedReply(outcome: Done | Refused): StoredReply {
  return outcome.kind === "done" ? answerReply(outcome.answer) : refusalReply(outcome.code, outcome.details);
}

export function answerReply(answer: unknown): StoredReply {
  return { refused: null, json: jsonOf(answer) };
}

/** `message` says more than the code's own sentence where there is more to say. */
export function refusalReply(
  code: RefusalCode,
  details: RefusalDetails = {},
  message: string = refusals[code],
): StoredReply {
  return { refused: code, json: JSON.stringify({ code, message, details }) };
}

const answerStart = '{"answer":';
const refusalStart = '{"refusal":';

function textOf({ refused, json }: StoredReply): string {
  return `${refused === null ? answerStart : refusalStart}${json}}`;
}

function replyIn(text: string): StoredReply {
  if (text.startsWith(answerStart)) return { refused: null, json: text.slice(answerStart.length, -1) };
  const json = text.slice(refusalStart.length, -1);
  return { refused: (JSON.parse(json) as { code: RefusalCode }).code, json };
}

// The bounds say the same once more, so that the server need not look into the partitions of other weeks: it does not see
// that from an array.
const recallRows = sql(
  "inbox-recall",
  "select id, reply from inbox where id = any($1::uuid[]) and id between $2::uuid and $3::uuid",
);

/** Smallest and largest of at least one: v7 ids in lower case sort as the server sorts them. */
function boundsOf(ids: readonly string[]): [string, string] {
  let [least = "", most = ""] = [ids[0], ids[0]];
  for (const id of ids) {
    if (id < least) least = id;
    else if (id > most) most = id;
  }
  return [least, most];
}

/** The replies of those ids that were taken before; null where the command is still being worked on. */
export async function recall(tx: Pick<Tx, "rows">, ids: string[]): Promise<Map<string, StoredReply | null>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.rows<{ id: string; reply: string | null }>(recallRows, [ids, ...boundsOf(ids)]);
  return new Map(rows.map((row) => [row.id, row.reply === null ? null : replyIn(row.reply)]));
}

// Sorted by id, so that two batches which share ids wait for each other instead of dead-locking.
const rememberRows = sql(
  "inbox-remember",
  `insert into inbox (id, message, reply)
   select unnest($1::uuid[]) as id, unnest($2::text[]), unnest($3::text[]) order by id`,
);

/** Remembers new commands with their replies. Fails with a unique violation (a fault) when another batch has one of them. */
export function remember(
  tx: Tx,
  commands: readonly { id: string; message: string; reply: StoredReply | null }[],
): void {
  if (commands.length === 0) return;
  tx.write(rememberRows, [
    commands.map((one) => one.id),
    commands.map((one) => one.message),
    texts(commands.map((one) => (one.reply === null ? null : textOf(one.reply)))),
  ]);
}

const settleRows = sql(
  "inbox-settle",
  `update inbox set reply = settled.reply
   from (select unnest($1::uuid[]) as id, unnest($2::text[]) as reply order by id) as settled
   where inbox.id = settled.id and inbox.reply is null`,
);

/** Stores the replies of accepted commands. One that is stored already stays as it is. */
export function settleReplies(tx: Tx, replies: readonly { id: string; reply: StoredReply }[]): void {
  if (replies.length === 0) return;
  tx.write(settleRows, [replies.map((one) => one.id), texts(replies.map((one) => textOf(one.reply)))]);
}
