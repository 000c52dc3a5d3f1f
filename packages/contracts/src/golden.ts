import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AnswerOf, AskOf, Contract, EventBody, EventContract, FieldsOf, Request } from "./contract";
import type { RefusalCode, RefusalDetails } from "./refusals";

/** A request as it is asked, with what it comes to: an answer or a refusal. */
export interface RequestExample<C extends Request = Request> {
  /** One sentence: what it is an example of. */
  readonly about: string;
  readonly ask: AskOf<C>;
  readonly answer?: AnswerOf<C>;
  readonly refusal?: { code: RefusalCode; message: string; details: RefusalDetails };
}

/** An event as it is said. */
export interface EventExample<E extends EventContract = EventContract> {
  readonly about: string;
  readonly body: EventBody<FieldsOf<E>>;
}

export type Golden<C extends Contract> = C extends EventContract
  ? EventExample<C>
  : C extends Request
    ? RequestExample<C>
    : never;

const texts = new Map<string, string>();

/**
 * The golden examples of a message, from `fixtures/` of this package: lawful to the last field, at least one. Each call
 * gives new objects, so that a test may change what it got.
 */
export function golden<C extends Contract>(contract: C): [Golden<C>, ...Golden<C>[]] {
  const text = texts.get(contract.name) ?? readFileSync(join(fixtures, fixtureOf(contract)), "utf8");
  texts.set(contract.name, text);
  return JSON.parse(text).examples;
}

const fixtures = join(__dirname, "..", "fixtures");

/** `inventory.reserve-stock.v1` has its examples in `inventory/reserve-stock.v1.json`. */
export function fixtureOf({ service, name }: Contract): string {
  return `${service}/${name.slice(service.length + 1)}.json`;
}
