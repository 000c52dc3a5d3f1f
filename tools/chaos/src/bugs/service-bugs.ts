import type { PlantedBug } from "./planted";
import { type Any, changedStatements, emptied, replaced } from "./seams";

/** In the sagas, the stock, the documents, the trail and the gateway. */
export const serviceBugs: readonly PlantedBug[] = [
  {
    name: "saga-without-compare-and-set",
    about: "A saga's row is written whatever has become of it meanwhile.",
    caughtBy: "races",
    by: [{ claim: "I6", shows: /a saga goes on for an order that is settled/ }],
    seam: (reached) =>
      changedStatements(
        ["sagas-move", "sagas-move-all"],
        " and sagas.version = moved.from_version",
        "",
        reached,
      ),
  },
  {
    name: "compensates-while-in-doubt",
    about: "The stock is released while nobody knows whether the invoice was issued.",
    caughtBy: "races",
    by: [{ claim: "I2", shows: /a REJECTED order has an invoice, or holds stock/ }],
    seam: (reached) =>
      replaced("services/orders/dist/sagas/place-order.js", "placeOrder", (saga: Any) => {
        const release = saga.steps.find((step: Any) => step.undo?.contract).undo;
        const ask = (order: Any) => {
          reached();
          return release.ask(order);
        };
        const steps = saga.steps.map((step: Any) =>
          step.kind === "pivot"
            ? { ...step, kind: "ask", undo: { ...release, ask }, isDocument: false }
            : step,
        );
        return { ...saga, steps };
      }),
  },
  {
    name: "release-without-tombstone",
    about: "An undo that comes first leaves nothing behind that refuses the do.",
    caughtBy: "races",
    by: [{ claim: "I2", shows: /a REJECTED order has an invoice, or holds stock/ }],
    seam: (reached) =>
      replaced("services/inventory/dist/store/reservations.js", "claimReservations", (original, exports) => {
        return async (tx: Any, orderIds: Any, state: string) => {
          const claims = await original(tx, orderIds, state);
          const fresh = [...claims.values()]
            .filter(({ isNew }: Any) => isNew)
            .map(({ orderId }: Any) => orderId);
          if (state === "RELEASED" && fresh.length > 0) {
            reached();
            exports.dropClaims(tx, fresh);
          }
          return claims;
        };
      }),
  },
  {
    name: "fence-forgets",
    about: "The fence answers that no invoice will be issued, and does not write it down.",
    caughtBy: "races",
    by: [{ claim: "I2", shows: /a REJECTED order has an invoice, or holds stock/ }],
    seam: (reached) =>
      replaced(
        "services/billing/dist/store/sources.js",
        "forbidSources",
        () => async (_tx: Any, orderIds: string[]) => {
          reached();
          return new Set(orderIds);
        },
      ),
  },
  {
    name: "reservations-do-not-count",
    about: "What is available is worked out without what is reserved already.",
    caughtBy: "oversell",
    // The guard in SQL keeps it from overselling; who should be refused is not answered.
    by: [{ claim: "I4", shows: /a message was given up.*cmd\.inventory\.reserve-stock/ }],
    seam: (reached) =>
      changedStatements(
        ["lock-shelf"],
        "l.on_hand - l.reserved as available",
        "l.on_hand as available",
        reached,
      ),
  },
  {
    name: "reserved-is-not-written",
    about: "The lines of a reservation are written, and the level that sums them up is not.",
    caughtBy: "oversell",
    by: [{ claim: "I1", shows: /what is reserved of a level is not the sum/ }],
    seam: (reached) => emptied("services/inventory/dist/store/levels.js", "changeLevels", reached),
  },
  {
    name: "release-is-not-remembered",
    about: "Stock is let go, and its reservation still says HELD.",
    caughtBy: "races",
    by: [{ claim: "I1", shows: /what is reserved of a level is not the sum/ }],
    seam: (reached) => emptied("services/inventory/dist/store/reservations.js", "markReleased", reached),
  },
  {
    name: "counter-outside-the-transaction",
    about: "Numbers of documents are taken by a transaction of their own, as a sequence would give them.",
    caughtBy: "gapless",
    by: [{ claim: "I3", shows: /does not run from 1 to n/ }],
    seam: (reached) =>
      replaced("services/billing/dist/store/series.js", "takeNumbers", (original, exports, load) => {
        const { inTransaction } = load("../../../../packages/messaging/dist/sql.js");
        const { Pool } = load("../../../../packages/messaging/node_modules/pg");
        const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 2 });
        exports.returnNumbers = () => undefined;
        return (_tx: Any, series: string, count: number) => {
          reached();
          return inTransaction(pool, (own: Any) => original(own, series, count));
        };
      }),
  },
  {
    name: "numbers-are-not-given-back",
    about: "A number that was taken for an invoice which is then refused is lost.",
    caughtBy: "gapless",
    by: [{ claim: "I3", shows: /does not run from 1 to n/ }],
    seam: (reached) => emptied("services/billing/dist/store/series.js", "returnNumbers", reached),
  },
  {
    name: "audit-drops-the-last",
    about: "Of a batch of events, the last one is not recorded.",
    caughtBy: "gapless",
    by: [{ claim: "I5", shows: /the audit has not recorded each event/ }],
    seam: (reached) =>
      replaced("services/audit/dist/store/records.js", "append", (original) => (tx: Any, batch: Any) => {
        const keep = Math.max(1, batch.links.length - 1);
        if (keep < batch.links.length) reached();
        original(tx, { ...batch, links: batch.links.slice(0, keep), hashes: batch.hashes.slice(0, keep) });
      }),
  },
  {
    name: "chain-forgets-its-predecessor",
    about: "A record's hash is over the record alone.",
    caughtBy: "gapless",
    by: [{ claim: "I5", shows: /does not have the hash that follows/ }],
    seam: (reached) =>
      replaced(
        "services/audit/dist/domain/chain.js",
        "hashesOn",
        (_original, exports) => (head: Any, links: Any[]) => {
          if (head.position > 0) reached();
          return links.map((link, n) => exports.hashOf(exports.genesisHash, head.position + n + 1, link));
        },
      ),
  },
  {
    name: "asks-again-under-a-new-id",
    about: "A command that was not answered is sent again as another one.",
    caughtBy: "message-chaos",
    by: [{ claim: "I4", shows: /: \d+ orders|the order is/ }],
    seam: (reached) =>
      replaced(
        "services/gateway/dist/clients/ask-until-known.js",
        "askUntilKnown",
        (original, _exports, load) => {
          const { newId } = load("../../../../packages/messaging/dist/ids.js");
          return (asker: Any, contract: Any, ask: Any, options: Any) => {
            let asked = 0;
            const anew = {
              ask: (one: Any, what: Any, how: Any) => {
                if (++asked > 1) reached();
                return asker.ask(one, what, asked === 1 ? how : { ...how, id: newId() });
              },
            };
            return original(anew, contract, ask, options);
          };
        },
      ),
  },
  {
    name: "key-is-ignored",
    about: "Every request under one Idempotency-Key is a new command.",
    caughtBy: "http-idempotency",
    by: [{ claim: "POST /", shows: /effects|answers/ }],
    seam: (reached) =>
      replaced(
        "services/gateway/dist/store/idempotency-keys.js",
        "claimKey",
        () => async (_db: Any, use: Any) => {
          reached();
          return { messageId: use.messageId };
        },
      ),
  },
  {
    name: "key-covers-any-body",
    about: "Another request under a used Idempotency-Key gets the first one's answer.",
    caughtBy: "http-idempotency",
    by: [{ claim: "POST /", shows: /another body under its key answered 2/ }],
    seam: (reached) =>
      replaced("services/gateway/dist/store/idempotency-keys.js", "hashOf", () => () => {
        reached();
        return Buffer.alloc(32);
      }),
  },
  {
    name: "unsigned-tokens",
    about: "A token that says `alg: none` is believed.",
    caughtBy: "tokens",
    by: [{ claim: "refused: alg none", shows: /^200/ }],
    seam: (reached) =>
      replaced("services/gateway/dist/auth/tokens.js", "tokenVerifier", (original) => (keys: Any) => {
        const verifier = original(keys);
        return {
          verify: (token: string) => {
            const [head = "", body = ""] = token.split(".");
            const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
            try {
              if (read(head).alg === "none") {
                reached();
                return read(body);
              }
            } catch {
              // Not even a token: the real one says what is wrong with it.
            }
            return verifier.verify(token);
          },
        };
      }),
  },
];
