import {
  Actor,
  allContracts,
  header,
  opsSubject,
  type Request,
  refusals,
  type ServiceName,
} from "@quartermaster/contracts";
import type { Asker } from "@quartermaster/messaging";
import type { NatsConnection } from "nats";
import { Aliases } from "./aliases";
import { type EventLog, listenTo } from "./event-log";
import { type Parameters, subjectIn } from "./examples";
import { allPacts, type Pact } from "./folder";
import { type MessageAsked, type MessageGiven, runVerifier } from "./verifier";

/** One interaction while it is verified: who asks, and what stands for the ids of its examples. */
export interface Scene {
  actor: Actor;
  readonly aliases: Aliases;
}

/** Makes a provider state true, by real commands or SQL; its parameters are the example's, see {@link Aliases}. */
export type State = (parameters: Parameters, scene: Scene) => Promise<unknown>;

/** A provider that runs on real servers. */
export interface Provider {
  readonly service: ServiceName;
  readonly states: Readonly<Record<string, State>>;
  /** Asks the provider over NATS. */
  readonly asker: Asker;
  /** Where its events pass by. */
  readonly nats: NatsConnection;
  /** Connects as an operator, who acts on the provider. */
  readonly operator: () => Promise<NatsConnection>;
  /** Fields that can be taken only once, such as `sku`, or are the asker's own ids, such as `orderId`. */
  readonly unique?: readonly string[];
  /** Undoes what a state did to what all interactions share. */
  readonly afterEach?: () => Promise<void>;
}

/** Pacts of anybody with this provider. */
export function pactsWith(service: ServiceName): Pact[] {
  return allPacts().filter(({ provider }) => provider === service);
}

/**
 * Verifies each interaction of a pact against the real provider. Answers by description what is wrong with it, or null
 * where the provider keeps it.
 */
export async function verify(provider: Provider, pact: Pact): Promise<Map<string, string | null>> {
  const events = listenTo(provider.nats, provider.service);
  const broken = new Map<string, string>();
  try {
    const mismatches = await runVerifier(pact, async (asked) => {
      try {
        return await play(provider, pact, asked, events);
      } catch (error) {
        broken.set(asked.description, (error as Error).message);
        throw error;
      } finally {
        await provider.afterEach?.();
      }
    });
    return new Map(
      pact.interactions.map(({ description }) => [
        description,
        broken.get(description) ?? mismatches.get(description) ?? null,
      ]),
    );
  } finally {
    events.stop();
  }
}

const admin: Actor = {
  kind: "user",
  id: "0199f2c0-0000-7000-8000-000000000001",
  name: "ana@example.com",
  role: "ADMIN",
  ip: "10.0.0.7",
};

async function play(
  provider: Provider,
  pact: Pact,
  asked: MessageAsked,
  events: EventLog,
): Promise<MessageGiven> {
  const { description, states, content } = asked;
  const contract = contractOf(description, provider.service);
  const scene: Scene = { actor: admin, aliases: new Aliases() };
  scene.aliases.freshen([states, content], new Set(provider.unique));
  events.forget();
  for (const { name, parameters } of states) await enter(provider, name, parameters, scene);
  if (contract.kind === "event") {
    const { body, headers } = await events.first(contract.subject);
    return { content: scene.aliases.toExample(body), metadata: headers };
  }
  const said = await ask(provider, contract, scene, content);
  const expectsRefusal = isRefusal(pact.interactions.find((one) => one.description === description));
  if (said.refused !== expectsRefusal) {
    throw new Error(`${said.refused ? "refused" : "answered"} with ${JSON.stringify(said.body)}`);
  }
  return { content: scene.aliases.toExample(said.body), metadata: {} };
}

function contractOf(description: string, service: ServiceName) {
  const subject = subjectIn(description);
  const contract = allContracts.find((one) => one.subject === subject && one.service === service);
  if (contract) return contract;
  throw new Error(
    `the description has to begin with the subject of a message of ${service}, such as "qry.inventory.stock.v1: by SKU"`,
  );
}

async function enter(provider: Provider, name: string, parameters: Parameters, scene: Scene): Promise<void> {
  if (name === "asked by") {
    scene.actor = actorOf(parameters);
    return;
  }
  if (name === "an act of an operator") {
    await operate(provider, parameters);
    return;
  }
  const state = provider.states[name];
  if (!state) {
    const known = ["asked by", "an act of an operator", ...Object.keys(provider.states)]
      .map((one) => `"${one}"`)
      .join(", ");
    throw new Error(`${provider.service} has no provider state "${name}"; it has ${known}`);
  }
  await state(parameters, scene);
}

/** What an operator does on the console: every service's, so no provider declares it. */
async function operate({ service, operator }: Provider, { verb, ask }: Parameters): Promise<void> {
  const connection = await operator();
  const answer = await connection.request(opsSubject(service, String(verb)), JSON.stringify(ask), {
    timeout: timeoutMs,
  });
  const refused = answer.headers?.get(header.error);
  if (refused) throw new Error(`the operator's ${verb} was refused: ${refused}`);
}

/** Who asks, where it is not an administrator: a user of a role, or `{kind: "anonymous"}`. */
function actorOf(parameters: Parameters): Actor {
  if (parameters.kind === "anonymous") return { kind: "anonymous", id: "anonymous", ip: "10.0.0.7" };
  return Actor.parse({
    ...admin,
    name: `${String(parameters.role).toLowerCase()}@example.com`,
    ...parameters,
  });
}

const timeoutMs = 10_000;

async function ask(provider: Provider, contract: Request, scene: Scene, content: unknown) {
  const actor = scene.aliases.toReal(scene.actor);
  const answered = await provider.asker.ask(contract, scene.aliases.toReal(content) as never, {
    meta: { actor, requestId: "request-1", causation: null, traceparent: null },
    timeoutMs,
  });
  if ("accepted" in answered) throw new Error("accepted, and not decided within the wait");
  if ("refusal" in answered) return { refused: true, body: answered.refusal };
  return { refused: false, body: answered.answer };
}

/** A refusal's body is `{code, message, details}`; no answer has a code of ours. */
function isRefusal(interaction: Pact["interactions"][number] | undefined): boolean {
  const content = interaction?.response?.[0]?.contents.content as { code?: string } | null | undefined;
  return typeof content?.code === "string" && content.code in refusals;
}
