import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  allContracts,
  type Contract,
  type JsonSchema,
  partsOf,
  refusalCodesOf,
  type ServiceName,
} from "@quartermaster/contracts";
import { partiesOf } from "@quartermaster/generate";

/** A message as it is, or was, published. */
export interface PublishedMessage {
  name: string;
  kind: Contract["kind"];
  subject: string;
  /** Services that ask or hear it. Teams elsewhere are not known. */
  parties: ServiceName[];
  refusals: string[];
  /** False where a repeat under the same id runs again. */
  remembered: boolean;
  parts: Record<string, JsonSchema>;
}

/** All messages of one version of the package. */
export interface Snapshot {
  version: string;
  messages: PublishedMessage[];
}

const folder = join(__dirname, "..", "..", "..", "packages", "contracts");
/** What was last published: the gate compares with it, and publishing moves it. */
export const publishedFile = join(folder, "published.json");

/** The messages as the code has them, by name. */
export function currentSnapshot(): Snapshot {
  const parties = partiesOf();
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
  const messages = allContracts
    .map((contract) => messageOf(contract, parties.get(contract) ?? []))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  return { version, messages };
}

/** A message as it would be published. */
export function messageOf(contract: Contract, parties: ServiceName[]): PublishedMessage {
  return {
    name: contract.name,
    kind: contract.kind,
    subject: contract.subject,
    parties,
    refusals: contract.kind === "event" ? [] : refusalCodesOf(contract),
    remembered: contract.kind === "command" && contract.remembered,
    parts: Object.fromEntries(partsOf(contract).map(({ name, schema }) => [name, schema])),
  };
}

/** What was last published. */
export function publishedSnapshot(): Snapshot {
  return JSON.parse(readFileSync(publishedFile, "utf8"));
}

/** One line per message, so that a reviewer sees which ones moved. */
export function snapshotText({ version, messages }: Snapshot): string {
  const lines = messages.map((message) => JSON.stringify(message)).join(",\n");
  return `{"version":${JSON.stringify(version)},"messages":[\n${lines}\n]}\n`;
}
