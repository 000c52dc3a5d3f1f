import { readFileSync } from "node:fs";
import type { Contract, RefusalCode, RefusalDetails } from "@quartermaster/contracts";

/** Provider states by name, each with its parameters; they are set up in this order. */
export type Given = Readonly<Record<string, Parameters>>;
export type Parameters = Readonly<Record<string, unknown>>;

/** One example of a message's golden fixture. */
export interface Example {
  readonly about: string;
  readonly given: Given;
  /** What the asker sends; of requests only. */
  readonly ask?: unknown;
  readonly answer?: unknown;
  readonly refusal?: { code: RefusalCode; message: string; details: RefusalDetails };
  /** Of events only. */
  readonly body?: unknown;
}

/** The examples in `packages/contracts/fixtures` of a message. */
export function examplesOf({ name, service }: Contract): Example[] {
  const file = `@quartermaster/contracts/fixtures/${service}/${name.slice(service.length + 1)}.json`;
  const { examples } = JSON.parse(readFileSync(require.resolve(file), "utf8")) as { examples: Example[] };
  return examples.map((example) => ({ ...example, given: example.given ?? {} }));
}

/** How an interaction is called in a pact: the message's subject, then what the example is about. */
export function descriptionOf({ subject }: Contract, { about }: Example): string {
  return `${subject}: ${about}`;
}

/** The subject that a description begins with, or undefined. */
export function subjectIn(description: string): string | undefined {
  return /^(?:cmd|qry|evt)\.[a-z]+\.[a-z-]+\.v[1-9]\d*(?=$|[\s:])/.exec(description)?.[0];
}
