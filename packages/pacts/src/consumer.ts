import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MatchersV3, PactV4 } from "@pact-foundation/pact";
import type { Contract, ServiceName } from "@quartermaster/contracts";
import { descriptionOf, type Example, examplesOf } from "./examples";
import { pactFolder } from "./folder";
import { expectedOf } from "./matchers";

/** That a consumer relies on a message: on all its fields, or on those that are named (`lines.sku`). */
export interface Reliance {
  readonly contract: Contract;
  readonly on?: readonly string[];
}

/** One example that the consumer has to get along with. */
export interface Case {
  readonly contract: Contract;
  readonly example: Example;
  readonly description: string;
  readonly on: readonly string[] | undefined;
}

/** What the provider will say: only what the consumer relies on. Of a request the answer or the refusal's body, else the event's. */
export type Use = (said: unknown) => Promise<void> | void;

/** Every example of the messages that a consumer relies on. */
export function casesOf(reliances: readonly Reliance[]): Case[] {
  return reliances.flatMap(({ contract, on }) =>
    examplesOf(contract).map((example) => ({
      contract,
      example,
      description: descriptionOf(contract, example),
      on,
    })),
  );
}

/**
 * States what a service relies on, and writes its pacts once its own code got along with what it stated. The files go to a
 * folder of this run, to be compared with the committed ones; under WRITE_PACTS=true they take their place.
 */
export class Consumer {
  private readonly folder: string;

  constructor(readonly name: ServiceName) {
    if (writes) removePactsOf(name);
    this.folder = writes ? pactFolder : mkdtempSync(join(tmpdir(), "quartermaster-pacts-"));
  }

  /** Runs the consumer's code on what the provider will say. The interaction is written if it does not throw. */
  async relyOn(one: Case, use: Use): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    const { contract } = one;
    const pact = new PactV4({
      consumer: this.name,
      provider: contract.service,
      dir: this.folder,
      logLevel: "error",
    });
    await (contract.kind === "event" ? heard(pact, one, use) : asked(pact, one, use));
  }

  /** The names of pacts that this run wrote otherwise than they are committed, that are missing, or left over. */
  stale(): string[] {
    const written = existsSync(this.folder) ? readdirSync(this.folder) : [];
    const names = new Set([...written, ...pactsOf(this.name)].filter((name) => isOf(this.name, name)));
    return [...names].filter((name) => textOf(this.folder, name) !== textOf(pactFolder, name)).sort();
  }

  close(): void {
    if (!writes) rmSync(this.folder, { recursive: true, force: true });
  }
}

const writes = process.env.WRITE_PACTS === "true";

const isOf = (consumer: ServiceName, name: string) => name.startsWith(`${consumer}-`);

function pactsOf(consumer: ServiceName): string[] {
  return existsSync(pactFolder) ? readdirSync(pactFolder).filter((name) => isOf(consumer, name)) : [];
}

/** Pact adds to a file that is there: what is relied on no longer would stay. */
function removePactsOf(consumer: ServiceName): void {
  for (const name of pactsOf(consumer)) rmSync(join(pactFolder, name));
}

function textOf(folder: string, name: string): string | undefined {
  const file = join(folder, name);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

async function asked(pact: PactV4, { contract, example, description, on }: Case, use: Use): Promise<void> {
  const interaction = pact.addSynchronousInteraction(description);
  for (const [state, parameters] of Object.entries(example.given))
    interaction.given(state, parameters as never);
  await interaction
    .withRequest((request) => void withBody(request, example.ask))
    .withResponse((response) => void withBody(response, expectedOf(contract, example, on)))
    .executeTest(async ({ Response: [response] }) => {
      await use(JSON.parse(String(response?.content)));
    });
}

async function heard(pact: PactV4, { contract, example, description, on }: Case, use: Use): Promise<void> {
  const interaction = pact.addAsynchronousInteraction();
  for (const [state, parameters] of Object.entries(example.given))
    interaction.given(state, parameters as never);
  await interaction
    .expectsToReceive(description, (event) => {
      withBody(event.withMetadata(eventMetadata(contract)), expectedOf(contract, example, on));
    })
    .executeTest(async ({ contents }) => {
      await use(contents.content);
    });
}

/** The headers without which nobody can hear an event: who said it, which one in its row, when, and in whose name. */
function eventMetadata({ service }: Contract): Record<string, MatchersV3.Matcher<string> | string> {
  return {
    "Qm-Source": service,
    "Qm-Epoch": MatchersV3.regex(/^[1-9]\d*$/, "1"),
    "Qm-Source-Seq": MatchersV3.regex(/^[1-9]\d*$/, "1"),
    "Qm-Time": MatchersV3.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, "2026-03-01T09:00:00.000Z"),
    "Qm-Actor": MatchersV3.string('{"kind":"service","id":"orders"}'),
  };
}

interface Body {
  withJSONContent(content: unknown): unknown;
  withContent(type: string, body: Buffer): unknown;
}

// The library takes an empty object for a forgotten one.
function withBody(part: Body, body: unknown): void {
  const isEmpty = typeof body === "object" && body !== null && Object.keys(body).length === 0;
  if (isEmpty) part.withContent("application/json", Buffer.from("{}"));
  else part.withJSONContent(body);
}
