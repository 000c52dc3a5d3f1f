import { setTimeout as wait } from "node:timers/promises";
import type { PlantedBug } from "./planted";
import { type Any, emptied, replaced } from "./seams";

const messaging = (file: string) => `packages/messaging/dist/${file}.js`;

/** A pool of the service's own role, for what a bug does outside of the one transaction. */
function ownPool(load: NodeJS.Require): Any {
  return new (load("pg").Pool)({ connectionString: process.env.DATABASE_URL, max: 2 });
}

const lostToTheAudit = { claim: "I5", shows: /the audit has not recorded each event/ };

/** In the transaction, the outbox, the inbox, the relay and the counting of events. */
export const messagingBugs: readonly PlantedBug[] = [
  {
    name: "answer-before-commit",
    about: "Whoever waits is answered while the transaction can still be lost.",
    caughtBy: "kill-storm",
    by: [
      { claim: "I4", shows: /: (no order|the order is)/ },
      { claim: "I2", shows: /has no invoice|not credited/ },
    ],
    seam: (reached) =>
      replaced(
        messaging("sql"),
        "inTransaction",
        (original) => (pool: Any, work: (tx: Any) => Promise<Any>) => {
          const hooks: (() => void)[] = [];
          return new Promise((resolve, reject) => {
            original(pool, async (tx: Any) => {
              const result = await work({ ...tx, afterCommit: (run: () => void) => hooks.push(run) });
              if (hooks.length > 0) reached();
              for (const hook of hooks.splice(0)) hook();
              resolve(result);
              await wait(100);
              return result;
            }).catch(reject);
          });
        },
      ),
  },
  {
    name: "events-outside-the-transaction",
    about: "What happened is committed first, and its events are written by a transaction of their own.",
    caughtBy: "kill-storm",
    by: [{ claim: "I4", shows: /was not said/ }],
    seam: (reached) =>
      replaced(messaging("transact"), "transactOn", (original) => (pool: Any, onSaid: Any) => {
        const transact = original(pool, onSaid);
        return async (work: (tx: Any) => Promise<Any>) => {
          const { result, said } = await transact(async (tx: Any) => ({ result: await work(tx), said: [] }));
          if (said.length > 0) {
            reached();
            await wait(50);
          }
          await transact(async () => ({ result: null, said }));
          return result;
        };
      }),
  },
  {
    name: "no-inbox",
    about: "A command that comes again is carried out again: ids are neither looked up nor remembered.",
    caughtBy: "http-idempotency",
    by: [{ claim: "POST /", shows: /effects|answers/ }],
    seam: (reached) =>
      replaced(messaging("inbox"), "recall", (_original, exports) => {
        const taken = new Set<string>();
        exports.remember = () => undefined;
        return async (_tx: Any, ids: string[]) => {
          if (ids.some((id) => taken.has(id))) reached();
          for (const id of ids) taken.add(id);
          return new Map();
        };
      }),
  },
  {
    name: "counted-before-done",
    about: "An event counts as heard before what it leads to is committed.",
    caughtBy: "kill-storm",
    by: [lostToTheAudit],
    seam: (reached) =>
      replaced(messaging("progress"), "claimFresh", (original, _exports, load) => {
        const { inTransaction } = load("./sql");
        const pool = ownPool(load);
        return async (_tx: Any, events: Any) => {
          const fresh = await inTransaction(pool, (own: Any) => original(own, events));
          if (fresh.length > 0) reached();
          await wait(100);
          return fresh;
        };
      }),
  },
  {
    name: "resume-by-position",
    about: "The highest number that was heard counts as progress, whatever is missing below it.",
    caughtBy: "message-chaos",
    by: [lostToTheAudit],
    seam: (reached) =>
      replaced(messaging("progress"), "claimFresh", () => async (tx: Any, events: Any[]) => {
        const fresh: Any[] = [];
        for (const one of [...events].sort((a, b) => a.seq - b.seq)) {
          const values = [one.source, one.epoch, one.seq];
          const moved = await tx.rows(
            {
              text: `insert into heard as h (source, epoch, contiguous) values ($1, $2, $3)
                on conflict (source, epoch) do update set contiguous = excluded.contiguous
                where h.contiguous < excluded.contiguous returning 1 as moved`,
            },
            values,
          );
          if (moved.length > 0) fresh.push(one);
          else reached();
        }
        return fresh;
      }),
  },
  {
    name: "holes-are-not-asked-for",
    about: "A missing number is never asked for at its source.",
    caughtBy: "message-chaos",
    by: [lostToTheAudit],
    seam: (reached) =>
      replaced(messaging("holes"), "fillHoles", () => () => {
        reached();
        return { stop: () => undefined };
      }),
  },
  {
    name: "stream-is-not-refilled",
    about: "After the broker has lost its store, publishing goes on where it stood.",
    caughtBy: "broker-amnesia",
    by: [{ claim: "the stream was refilled", shows: /^\d+ of evt\./ }],
    seam: (reached) =>
      replaced(messaging("relay"), "Relay", (original) => {
        original.prototype.resumeAt = async (_db: Any, checkpoint: Any) => {
          reached();
          return checkpoint;
        };
        return original;
      }),
  },
  {
    name: "dead-letters-are-dropped",
    about: "A message that can never succeed is forgotten in place of being parked.",
    caughtBy: "poison",
    by: [{ claim: "every poison message", shows: /^0 of/ }],
    seam: (reached) => emptied(messaging("dead-letters"), "park", reached),
  },
  {
    name: "a-timeout-is-a-refusal",
    about: "A saga that is not answered soon takes that for a no, and compensates what may have happened.",
    caughtBy: "races",
    by: [{ claim: "I2", shows: /a REJECTED order has an invoice, or holds stock/ }],
    seam: (reached) =>
      replaced(messaging("asker"), "askerOver", (original) => (connected: Any) => {
        const asker = original(connected);
        if (connected.asker !== "orders") return asker;
        return {
          ask: (contract: Any, ask: Any, options: Any) =>
            asker.ask(contract, ask, { ...options, timeoutMs: 500 }).catch((error: Any) => {
              if (error.kind !== "timeout" || !contract.name.startsWith("inventory.reserve-stock"))
                throw error;
              reached();
              return {
                refusal: { code: "insufficient_stock", message: "no answer", details: { lines: [] } },
              };
            }),
        };
      }),
  },
];
