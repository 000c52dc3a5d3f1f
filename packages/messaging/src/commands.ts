import { type CommandContract, Defect, header, refusals } from "@quartermaster/contracts";
import { crashPoint, type Logger } from "@quartermaster/process";
import { type DeadLetter, park, withoutSecrets } from "./dead-letters";
import type { Command, CommandHandler } from "./handler";
import { metaHeaders } from "./headers";
import { timeOfId } from "./ids";
import { inboxRetentionDays, recall, refusalReply, remember, type StoredReply, storedReply } from "./inbox";
import { commandLaneLimits, Lane } from "./lane";
import type { SaidWith } from "./outbox";
import type { Outcome } from "./outcome";
import type { Tx } from "./sql";
import { AssumptionFailed, optimistically, type Transact } from "./transact";

/** What a lane answers: the reply, or null for a command that was accepted and is not settled yet. */
export type CommandLane = Lane<Command, StoredReply | null>;

const dayMs = 86_400_000;

/** Why an id cannot be taken, or undefined. One older than the inbox remembers might have been carried out before. */
export function idProblem(id: string): "bad_request" | "message_too_old" | undefined {
  const time = timeOfId(id);
  if (time === undefined || time > Date.now() + dayMs) return "bad_request";
  return time < Date.now() - inboxRetentionDays * dayMs ? "message_too_old" : undefined;
}

/**
 * The lane of one command: batches go through inbox, handler, inbox and outbox in one transaction. A known id gets its
 * stored reply and does not reach the handler.
 */
export function commandLane(parts: {
  handler: CommandHandler;
  transact: Transact;
  log: Logger;
  onParked: (letter: DeadLetter) => void;
}): CommandLane {
  const { handler, transact, log } = parts;
  const beforeCommit = crashPoint("command: before the commit");
  const afterCommit = crashPoint("command: after the commit, before anything is sent");
  const cutOff: Transact = (work) =>
    transact(async (tx) => {
      tx.afterCommit(afterCommit);
      const ran = await work(tx);
      beforeCommit();
      return ran;
    });
  return new Lane<Command, StoredReply | null>({
    name: handler.contract.name,
    limits: commandLaneLimits,
    log,
    run: (commands) =>
      optimistically(cutOff, {
        optimistic: (tx) => runAsNew(tx, handler, commands),
        careful: (tx) => runBatch(tx, handler, commands),
      }),
    poisoned: async (command, error) => {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const letter = letterOf(handler.contract, command, reason);
      await transact(async (tx) => ({ result: park(tx, letter), said: [] }));
      parts.onParked(letter);
      throw new Defect(`${handler.contract.name} failed by a defect; parked as dead letter ${command.id}`);
    },
  });
}

function letterOf(contract: CommandContract, command: Command, reason: string): DeadLetter {
  return {
    id: command.id,
    kind: "command",
    subject: contract.subject,
    headers: { [header.id]: command.id, ...metaHeaders(command.meta) },
    body: JSON.stringify(withoutSecrets(command.ask, contract.secrets)),
    reason,
  };
}

interface Ran {
  result: (StoredReply | null)[];
  said: SaidWith[];
}

type Replies = Map<string, StoredReply | null>;

/**
 * Nearly always every id is new, so the handler's first statements travel together with the look into the inbox instead of
 * waiting for it. A handler may well fail over a command that it has carried out before: what the look found counts first.
 */
async function runAsNew(tx: Tx, handler: CommandHandler, commands: Command[]): Promise<Ran> {
  const fresh = [...distinctOf(commands).values()];
  const ids = fresh.map((command) => command.id);
  const looking: Promise<Replies> = handler.contract.remembered
    ? recall(tx, ids)
    : Promise.resolve(new Map());
  const running = handler.run(tx, fresh);
  await Promise.allSettled([looking, running]);
  if ((await looking).size > 0) throw new AssumptionFailed("some of the commands are known");
  return outcomeOf(tx, handler, { commands, fresh, replies: new Map() }, await running);
}

/** Commands through inbox, handler and inbox again, inside a transaction that then says the events. */
export async function runBatch(tx: Tx, handler: CommandHandler, commands: Command[]): Promise<Ran> {
  const distinct = distinctOf(commands);
  const replies = handler.contract.remembered ? await recall(tx, [...distinct.keys()]) : new Map();
  const fresh = [...distinct.values()].filter((command) => !replies.has(command.id));
  const outcomes = fresh.length > 0 ? await handler.run(tx, fresh) : [];
  return outcomeOf(tx, handler, { commands, fresh, replies }, outcomes);
}

/** The same id may stand twice in a batch: the second one gets the first one's reply. */
function distinctOf(commands: Command[]): Map<string, Command> {
  return new Map(commands.map((command) => [command.id, command]));
}

function outcomeOf(
  tx: Tx,
  { contract }: CommandHandler,
  { commands, fresh, replies }: { commands: Command[]; fresh: Command[]; replies: Replies },
  outcomes: Outcome[],
): Ran {
  if (outcomes.length !== fresh.length) {
    throw new Error(`${contract.name}: ${outcomes.length} outcomes for ${fresh.length} commands`);
  }
  const taken = fresh.map((command, n) => ({
    id: command.id,
    message: contract.name,
    reply: storedReply(outcomes[n] as Outcome),
  }));
  for (const one of taken) replies.set(one.id, one.reply);
  if (contract.remembered) remember(tx, taken);
  const result = commands.map((command) => replies.get(command.id) ?? null);
  return { result, said: saidBy(fresh, outcomes) };
}

function saidBy(commands: Command[], outcomes: Outcome[]): SaidWith[] {
  return commands.flatMap((command, n) =>
    (outcomes[n]?.said ?? []).map((said) => ({ said, meta: { ...command.meta, causation: command.id } })),
  );
}

/** The reply to a message that does not have the shape of its contract, with where and why. */
export function badRequest(issues: readonly { path: PropertyKey[]; message: string }[]): StoredReply {
  const errors = issues
    .slice(0, 20)
    .map((issue) => ({ path: issue.path.map(String).join("."), detail: issue.message }));
  const first = errors[0];
  const message = first ? `${refusals.bad_request} ${first.path}: ${first.detail}` : refusals.bad_request;
  return refusalReply("bad_request", { errors }, message);
}
