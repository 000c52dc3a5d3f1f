import { z } from "zod";
import type { RefusalCode, UniversalRefusal } from "./refusals";

/** The services that own messages. Each owns one Postgres schema of the same name. */
export const serviceNames = ["gateway", "identity", "inventory", "orders", "billing", "audit"] as const;
export type ServiceName = (typeof serviceNames)[number];

/** What happened to an entity, as the audit trail names it (DOMAIN.md, Audit). */
export type Action = "CREATE" | "UPDATE" | "DELETE" | "RESTORE" | "READ" | "COMMAND";

interface Declared {
  /** `<service>.<verb-noun>.v<N>`, for instance `inventory.reserve-stock.v1`. */
  readonly name: string;
  readonly service: ServiceName;
  /** The NATS subject, derived from kind and name. */
  readonly subject: string;
  /** One sentence for people: who asks, what the answer means. */
  readonly about: string;
}

/** A request that changes something. It is answered once, and a repeated id gets the first answer again. */
export interface CommandContract<
  Ask extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
  Refusal extends RefusalCode = RefusalCode,
> extends Declared {
  readonly kind: "command";
  readonly ask: Ask;
  readonly answer: Answer;
  readonly refusals: readonly Refusal[];
  /** Fields of the ask that no log, dead letter or stored reply may show. */
  readonly secrets: readonly string[];
  /** False for the few whose answer is itself a secret: such a reply is never stored, and a repeat runs again. */
  readonly remembered: boolean;
}

/** A request that only reads. */
export interface QueryContract<
  Ask extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
  Refusal extends RefusalCode = RefusalCode,
> extends Declared {
  readonly kind: "query";
  readonly ask: Ask;
  readonly answer: Answer;
  readonly refusals: readonly Refusal[];
}

/** A fact. Its body is always an {@link EventBody} around the entity's fields. */
export interface EventContract<Fields extends z.ZodType = z.ZodType> extends Declared {
  readonly kind: "event";
  /** The entity whose trail the event belongs to, for instance `order`. */
  readonly entity: string;
  readonly action: Action;
  readonly fields: Fields;
  readonly body: z.ZodType<EventBody<z.infer<Fields>>>;
}

/**
 * What every event says: which entity, at which version, and its fields before and after.
 * `old` is null for a creation; `new` is null for a deletion; an update names only the fields that changed.
 */
export interface EventBody<Fields = unknown> {
  entityId: string;
  version: number;
  old: Partial<Fields> | null;
  new: Partial<Fields> | null;
}

/** An event about to be said: the contract and its body. */
export interface Said<Fields = unknown> {
  contract: EventContract;
  body: EventBody<Fields>;
}

export type Request = CommandContract | QueryContract;
export type Contract = Request | EventContract;
export type AskOf<C> = C extends { ask: infer A extends z.ZodType } ? z.infer<A> : never;
export type AnswerOf<C> = C extends { answer: infer A extends z.ZodType } ? z.infer<A> : never;
export type RefusalOf<C> = C extends { refusals: readonly (infer R)[] } ? R : never;
export type FieldsOf<C> = C extends EventContract<infer F> ? z.infer<F> : never;

const namePattern = /^([a-z]+)\.([a-z]+(?:-[a-z]+)*)\.v([1-9]\d*)$/;

function declared(prefix: string, name: string, about: string): Declared {
  const service = namePattern.exec(name)?.[1];
  if (!service || !serviceNames.includes(service as ServiceName)) {
    throw new Error(`"${name}" is not <service>.<verb-noun>.v<N> of a known service`);
  }
  return { name, service: service as ServiceName, subject: `${prefix}.${name}`, about };
}

/** Declares a command on subject `cmd.<name>`. */
export function command<
  Ask extends z.ZodType,
  Answer extends z.ZodType,
  const Refusal extends RefusalCode = never,
>(
  name: string,
  parts: {
    about: string;
    ask: Ask;
    answer: Answer;
    refusals?: readonly Refusal[];
    secrets?: readonly string[];
    remembered?: boolean;
  },
): CommandContract<Ask, Answer, Refusal> {
  return {
    kind: "command",
    ...declared("cmd", name, parts.about),
    ask: parts.ask,
    answer: parts.answer,
    refusals: parts.refusals ?? [],
    secrets: parts.secrets ?? [],
    remembered: parts.remembered ?? true,
  };
}

/** Declares a query on subject `qry.<name>`. */
export function query<
  Ask extends z.ZodType,
  Answer extends z.ZodType,
  const Refusal extends RefusalCode = never,
>(
  name: string,
  parts: { about: string; ask: Ask; answer: Answer; refusals?: readonly Refusal[] },
): QueryContract<Ask, Answer, Refusal> {
  return {
    kind: "query",
    ...declared("qry", name, parts.about),
    ask: parts.ask,
    answer: parts.answer,
    refusals: parts.refusals ?? [],
  };
}

/** Declares an event on subject `evt.<name>`. */
export function event<Fields extends z.ZodObject>(
  name: string,
  parts: { about: string; entity: string; action: Action; fields: Fields },
): EventContract<Fields> & {
  /** The event as a value to be said by a handler. */
  of(body: EventBody<z.infer<Fields>>): Said<z.infer<Fields>>;
} {
  const some = parts.fields.partial().nullable();
  const contract: EventContract<Fields> = {
    kind: "event",
    ...declared("evt", name, parts.about),
    entity: parts.entity,
    action: parts.action,
    fields: parts.fields,
    body: z.object({
      entityId: z.string().min(1).max(64),
      version: z.int().min(0),
      old: some,
      new: some,
    }) as unknown as z.ZodType<EventBody<z.infer<Fields>>>,
  };
  return { ...contract, of: (body) => ({ contract, body }) };
}

/** All that a request may be refused with: its own codes, and those that go for every request or command. */
export function refusalCodesOf(contract: Request): RefusalCode[] {
  const universal: UniversalRefusal[] =
    contract.kind === "command" ? ["bad_request", "message_too_old"] : ["bad_request"];
  return [...new Set([...contract.refusals, ...universal])];
}

/** The subject of an operators' verb, for instance `ops.orders.replay`; with an instance, of that process alone. */
export function opsSubject(service: ServiceName, verb: string, instance?: string): string {
  return instance ? `ops.${service}.${instance}.${verb}` : `ops.${service}.${verb}`;
}
