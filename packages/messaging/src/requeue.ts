import { type Heard, header, Requeue } from "@quartermaster/contracts";
import { idProblem, runBatch } from "./commands";
import { type DeadLetter, decide, lockOpenLetter, park } from "./dead-letters";
import type { Command, CommandHandler, EventHandler, Handler } from "./handler";
import { readMeta } from "./headers";
import { hear } from "./hearing";
import type { StoredReply } from "./inbox";
import { acts, Declined, type OpsHandler } from "./ops-handler";
import type { SaidWith } from "./outbox";
import type { Tx } from "./sql";

interface Processed {
  outcome: "done" | "refused" | "accepted";
  reply: unknown;
  said: SaidWith[];
}

/**
 * Processes a dead letter in the way of any message, and marks it, in one transaction: the letter is processed exactly once,
 * whichever instance is asked and however often. A command goes through the inbox; an event was counted as heard when it
 * was parked, so only its handlers run.
 */
export function requeueing(handlers: readonly Handler[]): OpsHandler {
  return acts(
    Requeue,
    async (tx, { id, reason }, { actor }) => {
      const letter = await lockOpenLetter(tx, id);
      if (letter instanceof Declined) return letter;
      const processed = await (letter.kind === "command"
        ? commandAgain(tx, letter, handlers)
        : eventAgain(tx, letter, handlers));
      if (processed instanceof Declined) return processed;
      const { outcome, reply, said } = processed;
      decide(tx, { id, state: "requeued", by: actor.name ?? actor.id, why: reason });
      return {
        answer: { id, outcome, reply, said: said.length },
        entityId: id,
        old: { state: "open" },
        values: { state: "requeued", subject: letter.subject, outcome },
        said,
      };
    },
    {
      failed:
        (error) =>
        async (tx, { id }) => {
          const letter = await lockOpenLetter(tx, id);
          if (letter instanceof Declined) return letter;
          const why = error instanceof Error ? error.message : String(error);
          park(tx, { ...letter, reason: error instanceof Error ? (error.stack ?? why) : why });
          return {
            answer: new Declined(`It failed again and stays open: ${why}`),
            entityId: id,
            old: { state: "open" },
            values: { state: "open", subject: letter.subject, failed: why.slice(0, 500) },
          };
        },
    },
  );
}

async function commandAgain(
  tx: Tx,
  letter: DeadLetter,
  handlers: readonly Handler[],
): Promise<Processed | Declined> {
  const handler = handlers.find(
    (one): one is CommandHandler => one.kind === "command" && one.contract.subject === letter.subject,
  );
  if (!handler) return new Declined(`Nothing here takes ${letter.subject} any more: discard the letter.`);
  if (handler.contract.secrets.length > 0 || handler.prepare)
    return new Declined(
      `${letter.subject} holds secrets, which no dead letter keeps: its sender has to send it again.`,
    );
  if (idProblem(letter.id))
    return new Declined(
      "The command is older than the inbox remembers, so it may have been done: its sender has to send it under a new id.",
    );
  const ask = handler.contract.ask.safeParse(JSON.parse(letter.body));
  if (!ask.success) return new Declined(`The command does not fit its contract: ${ask.error.message}`);
  const meta = metaOf(letter);
  const command = { id: letter.id, ask: ask.data, meta, prepared: undefined } as Command;
  const { result, said } = await runBatch(tx, handler, [command]);
  const reply = result[0] ?? null;
  return { outcome: outcomeOf(reply), reply: reply === null ? null : JSON.parse(reply.json), said };
}

function outcomeOf(reply: StoredReply | null): Processed["outcome"] {
  if (reply === null) return "accepted";
  return reply.refused === null ? "done" : "refused";
}

async function eventAgain(
  tx: Tx,
  letter: DeadLetter,
  handlers: readonly Handler[],
): Promise<Processed | Declined> {
  const event = heardIn(letter);
  if (!event) return new Declined("It carries no event with a number and a body: discard it.");
  const hearers = handlers.filter((one): one is EventHandler => one.kind === "event");
  if (!hearers.some((one) => one.contract === null || one.contract.name === event.name))
    return new Declined(`Nothing here hears ${letter.subject} any more: discard the letter.`);
  return { outcome: "done", reply: null, said: await hear(tx, hearers, [event]) };
}

/** The event in a letter, or undefined for a message that never was one. */
function heardIn(letter: DeadLetter): Heard | undefined {
  const { headers, subject, body } = letter;
  const [source, epoch, seq] = [
    headers[header.source],
    Number(headers[header.epoch]),
    Number(headers[header.seq]),
  ];
  if (!source || !epoch || !seq) return undefined;
  return {
    source,
    epoch,
    seq,
    name: subject.slice("evt.".length),
    at: headers[header.at] ?? "",
    meta: metaOf(letter),
    body: JSON.parse(body),
  };
}

function metaOf({ headers }: DeadLetter) {
  return readMeta({ get: (name: string) => headers[name] ?? "" });
}
