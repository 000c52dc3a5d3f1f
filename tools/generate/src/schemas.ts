import { allContracts, allOps, type Part, partsOf } from "@quartermaster/contracts";
import type { GeneratedFile } from "./files";

/** One JSON Schema (2020-12) per part of each message and of each operators' verb, self-contained. */
export function schemaFiles(): GeneratedFile[] {
  const messages = allContracts.flatMap((contract) => {
    const { name, service } = contract;
    return filesOf(partsOf(contract), `${service}/${name.slice(service.length + 1)}`);
  });
  const verbs = allOps.flatMap((contract) => filesOf(partsOf(contract), `ops/${contract.verb}`));
  return [...messages, ...verbs];
}

function filesOf(parts: readonly Part[], file: string): GeneratedFile[] {
  return parts.map(({ name, schema }) => ({
    path: `packages/contracts/schemas/${file}.${name}.json`,
    text: `${JSON.stringify(schema, null, 2)}\n`,
  }));
}
