import type { ServiceName } from "@quartermaster/contracts";
import { isImported } from "./operator";

/** Where a service speaks and listens beside the subjects of its contracts. The NATS rights (rights.ts) are made of the same names. */

export const eventStream = "EVENTS";
export const deadLetterStream = "DEAD_LETTERS";

/** Where a source says each second how far its events go, so that a lost tail is noticed too. */
export function highWaterSubject(source: string): string {
  return `ops.${source}.high-water`;
}

/** Where a service tells of its dead letters. */
export function deadLetterSubject(service: ServiceName): string {
  return `dlq.${service}`;
}

/** All that comes to a service in answer: only its own user may listen there. */
export function inboxOf(service: string): string {
  return `_INBOX.${service}`;
}

/**
 * Where one service's answers to another go. Each answerer has a branch of the asker's inbox to itself, so that nobody can
 * answer what another one was asked. `*` for whoever asks.
 */
export function inboxFor(asker: string, answerer: ServiceName): string {
  return `${inboxOf(asker)}.${answerer}`;
}

const inbox = "_INBOX.";

/**
 * Whether somebody can await an answer at this subject. A request without is no request: its "answer" would be a message
 * that somebody has us publish, with our rights, to a subject of their choice. JetStream can be had to deliver to any
 * subject as well; what it delivers has no such reply.
 */
export function isInbox(reply: string | undefined): reply is string {
  return reply !== undefined && (reply.startsWith(inbox) || isImported(reply));
}

export interface DurableConsumer {
  readonly durable: string;
  readonly filter: string;
}

/**
 * The durable consumers of a service that hears these sources. A source is heard whole, although only some of its events
 * are wanted: only then does a missing number show.
 */
export function consumersOf(service: ServiceName, sources: readonly string[] | "every"): DurableConsumer[] {
  if (sources === "every") return [{ durable: service, filter: "evt.>" }];
  return sources.map((source) => ({ durable: `${service}-${source}`, filter: `evt.${source}.>` }));
}
