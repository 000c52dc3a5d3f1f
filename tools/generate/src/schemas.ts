import { allContracts, partsOf } from "@quartermaster/contracts";
import type { GeneratedFile } from "./files";

/** One JSON Schema (2020-12) per part of each message, self-contained. */
export function schemaFiles(): GeneratedFile[] {
  return allContracts.flatMap((contract) =>
    partsOf(contract).map(({ name, schema }) => ({
      path: `packages/contracts/schemas/${contract.service}/${contract.name.slice(contract.service.length + 1)}.${name}.json`,
      text: `${JSON.stringify(schema, null, 2)}\n`,
    })),
  );
}
