import { allContracts, allOps, type Part, partsOf } from "@quartermaster/contracts";
import type { GeneratedFile } from "./files";

/** One JSON Schema (2020-12) per part of each message and of each operators' verb, self-contained. */
export function schemaFiles(): GeneratedFile[] {
  const messages = allContracts.flatMap((contract) => {
    const { name, service, subject, about } = contract;
    return filesOf(partsOf(contract), {
      id: name,
      file: `${service}/${name.slice(service.length + 1)}`,
      subject,
      about,
    });
  });
  const verbs = allOps.flatMap((contract) => {
    const { verb, about } = contract;
    const subject = `ops.<service>.${verb}`;
    return filesOf(partsOf(contract), { id: `ops.${verb}`, file: `ops/${verb}`, subject, about });
  });
  return [...messages, ...verbs];
}

function filesOf(
  parts: Part[],
  { id, file, subject, about }: { id: string; file: string; subject: string; about: string },
): GeneratedFile[] {
  return parts.map(({ name, schema }) => {
    const { $schema, ...rules } = schema;
    const titled = {
      $schema,
      $id: `urn:quartermaster:${id}:${name}`,
      title: `${subject} (${name})`,
      description: about,
      ...rules,
    };
    return {
      path: `packages/contracts/schemas/${file}.${name}.json`,
      text: `${JSON.stringify(titled, null, 2)}\n`,
    };
  });
}
