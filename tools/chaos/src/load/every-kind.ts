import { setTimeout as wait } from "node:timers/promises";
import { serviceNames } from "@quartermaster/servers";
import { defaultAdmin } from "@quartermaster/stack";
import { connect, type NatsConnection } from "nats";
import type { Arena } from "../arena/arena";
import type { Buyer } from "../arena/people";

/** Traffic that makes every service do all that it can do, so that every one of its crash points is passed. */
export interface EveryKind {
  /** One round of it. Nothing here is waited for to succeed: services die meanwhile. */
  once(): Promise<void>;
  /** An order that is cancelled while its invoice is in doubt: the fence, and the undo behind it. */
  fenced(): Promise<void>;
  close(): Promise<void>;
}

/** `poor` has a credit limit that every order passes. */
export async function openEveryKind(
  arena: Arena,
  parties: { rich: Buyer; poor: Buyer; productId: number },
): Promise<EveryKind> {
  const { http, stack } = arena;
  const login = stack.natsLogin("operator");
  const operator = await connect({
    servers: stack.natsUrl,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    ...(login && { user: login.user, pass: login.password }),
  });
  const place = (buyer: Buyer, prefer: string) =>
    http.ask("POST", "/orders", {
      token: buyer.token,
      body: { items: [{ product_id: parties.productId, quantity: 1 }] },
      headers: { prefer },
      timeoutMs: 5_000,
    });
  return {
    once: async () => {
      await Promise.all([
        place(parties.poor, "wait=2"),
        http.ask("POST", "/auth/login", { body: defaultAdmin, timeoutMs: 5_000 }),
        http.ask("GET", "/audit?limit=1", { token: arena.people.adminToken, timeoutMs: 5_000 }),
        ...serviceNames.map((service) => setLogLevel(operator, service)),
      ]);
    },
    fenced: async () => {
      // Billing sleeps, so that the invoice is asked for and not answered when the buyer changes its mind.
      const sleeping = arena.pause(["billing"], 1_500);
      const { body } = await place(parties.rich, "wait=1");
      if (body?.id)
        await http.ask("POST", `/orders/${body.id}/cancel`, {
          token: parties.rich.token,
          body: {},
          headers: { prefer: "wait=0" },
          timeoutMs: 5_000,
        });
      await sleeping;
      await wait(200);
    },
    close: () => operator.close(),
  };
}

/** An act of an operator is an event of the service that it was done to. */
async function setLogLevel(operator: NatsConnection, service: string): Promise<void> {
  const ask = JSON.stringify({ level: "info", reason: "the reliability harness" });
  await operator
    .request(`ops.${service}.${service}-1.log-level`, ask, { timeout: 2_000 })
    .catch(() => undefined);
}
