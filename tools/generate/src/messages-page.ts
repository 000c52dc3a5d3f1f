import {
  allContracts,
  allOps,
  type Contract,
  type EventContract,
  type OpsContract,
  type Part,
  partsOf,
  type Request,
  refusals,
  type ServiceName,
  serviceNames,
} from "@quartermaster/contracts";
import { fixtureOf, golden } from "@quartermaster/contracts/golden";
import type { GeneratedFile } from "./files";
import { partiesOf } from "./parties";
import { shapeOf } from "./shape";

const intro = `# Messages

Generated from \`packages/contracts\` by \`node tools/generate/dist/main.js\`; do not edit.

- \`cmd.\` changes something and is answered once: sent again under the same \`Nats-Msg-Id\` (a v7 uuid) it gets the first answer.
  \`qry.\` only reads. Both are NATS request and reply with a JSON body: \`nats req qry.inventory.stock.v1 '{"sku":"WIDGET-A-001"}'\`.
- \`evt.\` says what happened. Its body is \`{entityId, version, old, new}\`: \`old\` is null for a creation, \`new\` for a deletion, and
  an update names only what changed.
- A refusal has the header \`Nats-Service-Error-Code: 1\` and the body \`{code, message, details}\`. Every request may be refused
  with \`bad_request\`, every command with \`message_too_old\`.
- Names ending in \`Minor\` are money in cents, those ending in \`E4\` unit costs in 1/10,000. Times are UTC, ISO 8601.
- JSON Schemas are in \`packages/contracts/schemas\`, examples in \`packages/contracts/fixtures\`. A reader takes fields that it does
  not know.
`;

/** docs/messages.md: every message with its owner, who asks or hears it, its shape and its refusals. */
export function messagesPage(): GeneratedFile {
  const parties = partiesOf();
  const owners = serviceNames.filter((service) => ownedBy(service).length > 0);
  const sections = owners.map((service) => sectionOf(service, parties));
  return {
    path: "docs/messages.md",
    text: [intro, overview(parties), ...sections, consoleText(), refusalTable()].join("\n"),
  };
}

type Parties = Map<Contract, ServiceName[]>;

// Sorted here: the order of exports is not the same under every compiler.
const kinds = ["command", "query", "event"];
const sorted = [...allContracts].sort(
  (one, other) =>
    serviceNames.indexOf(one.service) - serviceNames.indexOf(other.service) ||
    kinds.indexOf(one.kind) - kinds.indexOf(other.kind) ||
    (one.name < other.name ? -1 : 1),
);
const ownedBy = (service: ServiceName) => sorted.filter((contract) => contract.service === service);
const anchorOf = (contract: Contract) => contract.subject.replaceAll(".", "");
const partiesText = (contract: Contract, parties: Parties) =>
  (parties.get(contract) ?? []).join(", ") || "nobody yet";

function overview(parties: Parties): string {
  const rows = sorted.map(
    (contract) =>
      `| ${contract.service} | [\`${contract.subject}\`](#${anchorOf(contract)}) | ${partiesText(contract, parties)} |`,
  );
  return ["| Owner | Message | Asked or heard by |", "|---|---|---|", ...rows, ""].join("\n");
}

function sectionOf(service: ServiceName, parties: Parties): string {
  const messages = ownedBy(service).map((contract) =>
    contract.kind === "event" ? eventText(contract, parties) : requestText(contract, parties),
  );
  return [`## ${service}`, "", ...messages].join("\n");
}

function requestText(contract: Request, parties: Parties): string {
  const codes = contract.refusals.map((code) => `\`${code}\``).join(", ");
  const asked = `Asked by: ${partiesText(contract, parties)}.`;
  const refused = contract.refusals.length > 0 ? ` Refused with: ${codes}.` : "";
  const forgotten =
    contract.kind === "command" && !contract.remembered ? " Its answer is a secret and never stored." : "";
  return messageText(contract, `${asked}${refused}${forgotten}`);
}

function eventText(contract: EventContract, parties: Parties): string {
  const heard = `Heard by: ${partiesText(contract, parties)}.`;
  return messageText(contract, `${heard} In the audit: ${contract.action} of \`${contract.entity}\`.`);
}

function messageText(contract: Contract, who: string): string {
  const shapes = partsOf(contract)
    .filter(({ name }) => name !== "refusal")
    .map(partText);
  const about = contract.about.endsWith(".") ? contract.about : `${contract.about}.`;
  const title = `### ${contract.subject}`;
  return [title, "", about, "", who, "", "```", ...shapes, "```", "", ...exampleText(contract), ""].join(
    "\n",
  );
}

/** The first golden example, as it travels, and where the others are. */
function exampleText(contract: Contract): string[] {
  const [first, ...others] = golden(contract);
  const lines = partsOf(contract).flatMap(({ name }) =>
    name in first ? [`${name}: ${JSON.stringify(first[name as never])}`] : [],
  );
  const file = `../packages/contracts/fixtures/${fixtureOf(contract)}`;
  const more = others.length > 0 ? ` ([${others.length} more](${file}))` : "";
  return [`Example${more}: ${first.about}`, "", "```", ...lines, "```"];
}

// An event's envelope is the same for all: its fields are what is worth showing.
function partText({ name, schema }: Part): string {
  if (name !== "body") return `${name}: ${shapeOf(schema)}`;
  const { properties } = schema as { properties: { new: { anyOf: Part["schema"][] } } };
  return `old, new: ${shapeOf(properties.new.anyOf[0] ?? {})} | null`;
}

/** The verbs of the operators' console, each once for all services that serve it. */
function consoleText(): string {
  const intro = [
    "## Operators' console",
    "",
    "Served by the named services on `ops.<service>.<verb>`; [operations.md](operations.md) shows them at work. An act takes a",
    "reason and an operator who is known by name, and stands in the audit as `operator-acted` of its service.",
    "",
  ];
  return [...intro, ...allOps.map(verbText)].join("\n");
}

function verbText(contract: OpsContract): string {
  const { verb, about, services, isAct, instances } = contract;
  const by = services.length === serviceNames.length ? "every service" : services.join(", ");
  const which = {
    one: "One instance answers.",
    named: `One instance answers, or the one that is named: \`ops.<service>.<instance>.${verb}\`.`,
    each: `Each instance does it and answers, or only the one that is named: \`ops.<service>.<instance>.${verb}\`.`,
  }[instances];
  const shapes = partsOf(contract).map(partText);
  const who = `${isAct ? "An act. " : ""}Served by: ${by}. ${which}`;
  return [`### ops.<service>.${verb}`, "", about, "", who, "", "```", ...shapes, "```", ""].join("\n");
}

function refusalTable(): string {
  const rows = Object.entries(refusals).map(([code, sentence]) => `| \`${code}\` | ${sentence} |`);
  return ["## Refusals", "", "| Code | What a person reads |", "|---|---|", ...rows, ""].join("\n");
}
