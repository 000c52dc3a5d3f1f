import { Actor } from "../actor";
import type { Answered, Asker, AskOptions } from "../asker";
import type { AskOf, Contract, EventBody, EventContract, FieldsOf, Request } from "../contract";
import { Fault } from "../fault";
import type { Heard, Meta } from "../heard";
import type { RefusalCode } from "../refusals";
import { header } from "../wire";
import { lawful, UnlawfulMessage } from "./lawful";
import { type Provider, type Reply, Script } from "./script";

/** A request that the consumer made. */
export interface Asked<C extends Request = Request> {
  readonly contract: C;
  /** As the provider reads it, with defaults filled in. */
  readonly ask: AskOf<C>;
  /** The message's id; a consumer that asks again after a timeout has to keep it. */
  readonly id: string;
  readonly meta: Meta;
  readonly waitMs: number | undefined;
}

/** Where an event comes from, when that matters to the test. */
export interface Origin {
  meta?: Meta;
  /** When it was said, ISO 8601. */
  at?: string;
}

/**
 * Carries messages between a consumer and the providers that its test plays: no server, no wait, no clock. Whatever
 * passes is held to its contract; an unlawful message throws an UnlawfulMessage that says where.
 */
export interface InMemory extends Asker {
  /** Says what a provider does. Said again, it goes on where the script was. */
  given<C extends Request>(contract: C): Provider<C>;
  /** What was asked so far, in order: of one message, or of all. */
  asked<C extends Request>(contract: C): Asked<C>[];
  asked(): Asked[];
  /** The consumer hears an event, as `on` does in a service. A handler that throws fails the delivery. */
  hear<E extends EventContract>(
    contract: E,
    handler: (event: Heard<FieldsOf<E>>) => void | Promise<void>,
  ): void;
  hearEvery(handler: (event: Heard) => void | Promise<void>): void;
  /** An event with the next number of its source. It is not delivered: a test may lose, repeat or reorder it. */
  event<E extends EventContract>(
    contract: E,
    body: EventBody<FieldsOf<E>>,
    origin?: Origin,
  ): Heard<FieldsOf<E>>;
  /** Delivers events in this order, one after the other. Resolves when all handlers are done. */
  deliver(...events: Heard[]): Promise<void>;
  /** Makes an event and delivers it once. */
  publish<E extends EventContract>(
    contract: E,
    body: EventBody<FieldsOf<E>>,
    origin?: Origin,
  ): Promise<Heard<FieldsOf<E>>>;
}

type Handler = (event: Heard) => void | Promise<void>;

/** A platform in memory. Nobody serves anything until the test says so. */
export function inMemory(): InMemory {
  return new Platform();
}

const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** What is wrong with the message itself is answered before anything is decided, and is not stored. */
function isDecided(contract: Request, reply: Reply): boolean {
  if ("accepted" in reply) return false;
  return "answer" in reply || contract.refusals.includes((reply.refusal as { code: RefusalCode }).code);
}

class Platform implements InMemory {
  private readonly scripts = new Map<Contract, Script<Request>>();
  private readonly record: Asked[] = [];
  /** What a command came to, by message and id: the same id gets it again. */
  private readonly decided = new Map<string, string>();
  private readonly handlers: { name: string | null; handler: Handler }[] = [];
  private readonly lastSeq = new Map<string, number>();

  given<C extends Request>(contract: C): Provider<C> {
    const script = this.scripts.get(contract) ?? new Script<Request>(contract);
    this.scripts.set(contract, script);
    return script as unknown as Provider<C>;
  }

  async ask<C extends Request>(contract: C, ask: AskOf<C>, options: AskOptions): Promise<Answered<C>> {
    const { parsed } = lawful(contract.ask, ask, `what was asked of ${contract.subject}`);
    lawful(Actor, options.meta.actor, `the ${header.actor} of ${contract.subject}`);
    // Without one, a number that shows where the consumer asked: ids in tests are the same on every run.
    const id = options.id ?? `00000000-0000-7000-8000-${String(this.record.length + 1).padStart(12, "0")}`;
    if (!idPattern.test(id))
      throw new UnlawfulMessage(
        `the ${header.id} of ${contract.subject} has to be a v7 uuid in lower case, not ${id}`,
      );
    this.record.push({ contract, ask: parsed, id, meta: options.meta, waitMs: options.waitMs });
    return this.reply(contract, parsed, id, options.meta) as Answered<C>;
  }

  private reply(contract: Request, ask: unknown, id: string, meta: Meta): Reply {
    const key = `${contract.name} ${id}`;
    const before = this.decided.get(key);
    if (before !== undefined) return JSON.parse(before);
    const script = this.scripts.get(contract);
    if (!script)
      throw new Fault(
        "no-responders",
        `nobody serves ${contract.subject}: say with given(...) what it answers`,
      );
    const reply = script.next(ask, meta);
    if (contract.kind === "command" && contract.remembered && isDecided(contract, reply))
      this.decided.set(key, JSON.stringify(reply));
    return reply;
  }

  asked<C extends Request>(contract?: C): Asked<C>[] {
    const all = contract ? this.record.filter((one) => one.contract === (contract as Request)) : this.record;
    return [...all] as unknown as Asked<C>[];
  }

  hear<E extends EventContract>(
    contract: E,
    handler: (event: Heard<FieldsOf<E>>) => void | Promise<void>,
  ): void {
    this.handlers.push({ name: contract.name, handler: handler as Handler });
  }

  hearEvery(handler: Handler): void {
    this.handlers.push({ name: null, handler });
  }

  event<E extends EventContract>(
    contract: E,
    body: EventBody<FieldsOf<E>>,
    { meta, at }: Origin = {},
  ): Heard<FieldsOf<E>> {
    const { wire } = lawful(contract.body, body, `the body of ${contract.subject}`);
    const source = contract.service;
    const seq = (this.lastSeq.get(source) ?? 0) + 1;
    this.lastSeq.set(source, seq);
    const own: Meta = {
      actor: { kind: "service", id: source },
      requestId: null,
      causation: null,
      traceparent: null,
    };
    return {
      source,
      epoch: 1,
      seq,
      name: contract.name,
      at: at ?? new Date(Date.UTC(2026, 0, 1) + seq * 1_000).toISOString(),
      meta: meta ?? own,
      body: wire as EventBody<FieldsOf<E>>,
    };
  }

  async deliver(...events: Heard[]): Promise<void> {
    for (const event of events) {
      const hearing = this.handlers.filter(({ name }) => name === null || name === event.name);
      for (const { handler } of hearing) await handler(structuredClone(event));
    }
  }

  async publish<E extends EventContract>(
    contract: E,
    body: EventBody<FieldsOf<E>>,
    origin?: Origin,
  ): Promise<Heard<FieldsOf<E>>> {
    const event = this.event(contract, body, origin);
    await this.deliver(event);
    return event;
  }
}
