import { opsSubject, type Request, type ServiceName, serviceNames } from "@quartermaster/contracts";
import {
  consumersOf,
  deadLetterStream,
  deadLetterSubject,
  eventStream,
  highWaterSubject,
  inboxFor,
  inboxOf,
} from "./subjects";

/** What a NATS user may publish to and subscribe to; everything else is refused. */
export interface Rights {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** Taken out of what `publish` allows. */
  readonly neverPublish?: readonly string[];
}

/** What a service does with messages, as its contracts and its code say. */
export interface Parties {
  readonly serves: readonly Request[];
  readonly asks: readonly Request[];
  /** The services whose events it hears. */
  readonly hears: readonly ServiceName[] | "every";
}

/**
 * The rights of a service's user: the subjects that the code of this package uses on its behalf, and no other. A service's
 * own part of `evt.` and of `ops.` is its own whole, because its outbox may still hold events of older versions, and because
 * an operator's verb may name an instance.
 */
export function serviceRights(service: ServiceName, { serves, asks, hears }: Parties): Rights {
  const sources = hears === "every" ? serviceNames : hears;
  return {
    publish: [
      ...subjectsOf(asks),
      `evt.${service}.>`,
      deadLetterSubject(service),
      highWaterSubject(service),
      ...sources.map((source) => opsSubject(source, "replay")),
      `${inboxFor("*", service)}.>`,
      // Answers to operators, who ask through an import of their own account.
      "_R_.>",
      ...jetStreamRights(service, hears),
    ],
    subscribe: [
      ...subjectsOf(serves),
      `ops.${service}.>`,
      ...servicesApi(service),
      `${inboxOf(service)}.>`,
      ...(hears === "every" ? ["*"] : hears).map(highWaterSubject),
    ],
  };
}

const subjectsOf = (contracts: readonly Request[]) => contracts.map(({ subject }) => subject).sort();

/** Making the streams where they are missing, the relay's question after its last event, and its own durable consumers. */
function jetStreamRights(service: ServiceName, hears: Parties["hears"]): string[] {
  const streams = [eventStream, deadLetterStream].flatMap((name) => [
    `$JS.API.STREAM.INFO.${name}`,
    `$JS.API.STREAM.CREATE.${name}`,
  ]);
  const consumers = consumersOf(service, hears).flatMap(({ durable, filter }) => [
    `$JS.API.CONSUMER.INFO.${eventStream}.${durable}`,
    `$JS.API.CONSUMER.CREATE.${eventStream}.${durable}.${filter}`,
    `$JS.API.CONSUMER.DELETE.${eventStream}.${durable}`,
    `$JS.API.CONSUMER.MSG.NEXT.${eventStream}.${durable}`,
    `$JS.ACK.${eventStream}.${durable}.>`,
  ]);
  return [...streams, `$JS.API.DIRECT.GET.${eventStream}.evt.${service}.>`, ...consumers];
}

/** The NATS Services API: `nats micro ls | info | stats | ping`, of all, of one service, of one instance. */
function servicesApi(service: ServiceName): string[] {
  return ["PING", "INFO", "STATS"].flatMap((verb) => [
    `$SRV.${verb}`,
    `$SRV.${verb}.${service}`,
    // The server takes a last `*` for a `>` when somebody subscribes: then it may as well be written so.
    `$SRV.${verb}.${service}.>`,
  ]);
}

/** What operators may ask services, and see of them: all that there is, by import from the services' account. */
export const operatorImports = {
  services: ["ops.>", "qry.>", "$SRV.>", "$JS.API.>"],
  streams: ["evt.>", "dlq.>"],
} as const;

/**
 * An operator's rights, in an account of the operator's own: asking, reading events and dead letters, and of JetStream
 * what only reads. What changes something is an `ops.` verb, which demands a reason and is audited.
 */
export const operatorRights: Rights = {
  publish: [
    "ops.>",
    "qry.>",
    "$SRV.>",
    "$JS.API.INFO",
    "$JS.API.STREAM.NAMES",
    "$JS.API.STREAM.LIST",
    "$JS.API.STREAM.INFO.*",
    "$JS.API.STREAM.MSG.GET.*",
    "$JS.API.CONSUMER.NAMES.*",
    "$JS.API.CONSUMER.LIST.*",
    "$JS.API.CONSUMER.INFO.*.*",
    "$SYS.REQ.USER.INFO",
    // Nobody but the operator is in this account: `nats server check connection` sends itself a message.
    "_INBOX.>",
  ],
  subscribe: ["_INBOX.>", "evt.>", "dlq.>"],
  // What sources say of themselves, not what is asked of them.
  neverPublish: [highWaterSubject("*")],
};

/** For readiness probes by whoever starts services: asks each how it is, and nothing else. */
export const probeRights: Rights = { publish: ["ops.*.health", "ops.*.*.health"], subscribe: ["_INBOX.>"] };
