import { allContracts, type Contract, partsOf, refusalCodesOf } from "@quartermaster/contracts";
import { golden } from "@quartermaster/contracts/golden";

/** The messages as `GET /contracts` and `GET /contracts/{name}` show them: JSON texts, made once. */
export interface ContractPages {
  list: Buffer;
  byName: ReadonlyMap<string, Buffer>;
}

/** A message for people and programs that do not read TypeScript: what it is, and a JSON Schema of each part. */
function described(contract: Contract) {
  const { name, kind, service, subject, about } = contract;
  const facts =
    contract.kind === "event"
      ? { entity: contract.entity, action: contract.action }
      : { refusals: refusalCodesOf(contract) };
  const schemas = Object.fromEntries(partsOf(contract).map(({ name: part, schema }) => [part, schema]));
  return { name, kind, service, subject, about, ...facts, schemas };
}

/** All messages by name; each has a page of its own, with its golden examples. */
export function contractPages(): ContractPages {
  const data = allContracts.map(described).sort((one, other) => (one.name < other.name ? -1 : 1));
  const pages = allContracts.map((contract): [string, Buffer] => [
    contract.name,
    json({ ...described(contract), examples: golden(contract) }),
  ]);
  return { list: json({ data, next: null }), byName: new Map(pages) };
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
