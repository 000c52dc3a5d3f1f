import { type Contract, type EventContract, type Request, refusalCodesOf, serviceNames } from "../contract";
import { golden } from "../golden";
import { type JsonSchema, type Part, partsOf } from "../json-schema";
import { refusals } from "../refusals";
import { allContracts } from "../registry";
import { headerSchemas } from "./headers";
import { about, failureMessages, serviceTexts } from "./prose";

let built: JsonSchema | undefined;

/**
 * The AsyncAPI 3.0 document of all messages: commands and queries as request and reply, events, headers, golden examples.
 * Quartermaster is the application that it describes: it receives requests and sends events. The same object on every call.
 */
export function asyncapi(): object {
  built ??= build();
  return built;
}

// Sorted here: the order of exports is not the same under every compiler.
const sorted = [...allContracts].sort((one, other) => (one.name < other.name ? -1 : 1));

function build(): JsonSchema {
  return {
    asyncapi: "3.0.0",
    id: "urn:quartermaster",
    info: {
      title: "Quartermaster",
      version: "0.1.0",
      description: about,
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
      tags: serviceNames.filter(isOwner).map((name) => ({ name, description: serviceTexts[name] })),
    },
    defaultContentType: "application/json",
    servers: { nats: { host: "localhost:4222", protocol: "nats", description: "NATS with JetStream" } },
    channels: Object.assign({}, ...sorted.map(channelsOf)),
    operations: Object.fromEntries(sorted.map((contract) => [contract.name, operationOf(contract)])),
    components: {
      schemas: Object.assign({ ...headerSchemas }, ...sorted.map(schemasOf)),
      messages: Object.assign({ ...failureMessages }, ...sorted.map(messagesOf)),
    },
  };
}

const isOwner = (service: string) => allContracts.some((contract) => contract.service === service);
const keyOf = (contract: Contract, part: Part["name"]) => `${contract.name}.${part}`;
const replyOf = (contract: Request) => `${contract.name}.reply`;
const ref = (...path: string[]) => ({ $ref: `#/${path.join("/")}` });

/** What may come back, by its name in the reply's channel and its name among the components. */
function repliesTo(contract: Request): [name: string, component: string][] {
  const decided: [string, string][] = [
    ["answer", keyOf(contract, "answer")],
    ["refusal", keyOf(contract, "refusal")],
  ];
  const accepted: [string, string][] = contract.kind === "command" ? [["accepted", "accepted"]] : [];
  return [...decided, ...accepted, ["fault", "fault"], ["defect", "defect"]];
}

const messageRefs = (names: readonly [string, string][]) =>
  Object.fromEntries(names.map(([name, component]) => [name, ref("components", "messages", component)]));

function channelsOf(contract: Contract): JsonSchema {
  const channel = (part: "ask" | "body") => ({
    address: contract.subject,
    title: contract.subject,
    description: sentence(contract.about),
    servers: [ref("servers", "nats")],
    messages: messageRefs([[part, keyOf(contract, part)]]),
  });
  if (contract.kind === "event") return { [contract.name]: channel("body") };
  return {
    [contract.name]: channel("ask"),
    [replyOf(contract)]: {
      address: null,
      title: `Replies to ${contract.subject}`,
      description: "The asker's private inbox: the reply subject of the request.",
      messages: messageRefs(repliesTo(contract)),
    },
  };
}

function operationOf(contract: Contract): JsonSchema {
  const said = {
    title: contract.subject,
    summary: sentence(contract.about),
    channel: ref("channels", contract.name),
    tags: [{ name: contract.service }, { name: contract.kind }],
  };
  if (contract.kind === "event")
    return { action: "send", ...said, messages: [ref("channels", contract.name, "messages", "body")] };
  const reply = replyOf(contract);
  return {
    action: "receive",
    ...said,
    messages: [ref("channels", contract.name, "messages", "ask")],
    reply: {
      channel: ref("channels", reply),
      messages: repliesTo(contract).map(([name]) => ref("channels", reply, "messages", name)),
    },
    bindings: { nats: { queue: contract.service, bindingVersion: "0.1.0" } },
  };
}

/** AsyncAPI has a dialect of its own, and no use for a schema's id; what the contracts need of JSON Schema is in both. */
function schemasOf(contract: Contract): JsonSchema {
  return Object.fromEntries(
    partsOf(contract).map(({ name, schema: { $schema: _, $id, ...rules } }) => [
      keyOf(contract, name),
      { ...rules, "x-json-schema": $id },
    ]),
  );
}

function messagesOf(contract: Contract): JsonSchema {
  return Object.fromEntries(
    partsOf(contract).map(({ name }) => {
      const headers = headersOf(contract, name);
      const message = {
        name: keyOf(contract, name),
        title: `${contract.subject} (${name})`,
        summary: sentence(contract.about),
        ...(name === "refusal" ? { description: refusalText(contract as Request) } : {}),
        ...(contract.kind === "event" ? eventFacts(contract) : {}),
        ...(headers ? { headers: ref("components", "schemas", headers) } : {}),
        payload: ref("components", "schemas", keyOf(contract, name)),
        ...examplesOf(contract, name),
      };
      return [keyOf(contract, name), message];
    }),
  );
}

function headersOf(contract: Contract, part: Part["name"]): keyof typeof headerSchemas | undefined {
  if (part === "body") return "eventHeaders";
  if (part === "refusal") return "refusalHeaders";
  if (part === "answer") return undefined;
  return contract.kind === "command" ? "commandHeaders" : "queryHeaders";
}

const eventFacts = ({ entity, action }: EventContract) => ({ "x-entity": entity, "x-action": action });

function refusalText(contract: Request): string {
  return refusalCodesOf(contract)
    .map((code) => `- \`${code}\`: ${refusals[code]}`)
    .join("\n");
}

function examplesOf(contract: Contract, part: Part["name"]): JsonSchema {
  const examples = golden(contract).flatMap((one) =>
    part in one ? [{ summary: one.about, payload: one[part as never] }] : [],
  );
  return examples.length > 0 ? { examples } : {};
}

function sentence(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}
