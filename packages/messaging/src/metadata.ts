import { type Contract, type OpsContract, partsOf } from "@quartermaster/contracts";

/**
 * What an endpoint says of itself to `nats micro info`: a sentence, and the JSON Schemas of what it takes and answers. The
 * schemas are made when somebody asks for them first: all of a service's take some 50 ms.
 */
export function metadataOf(name: string, contract: Contract | OpsContract): Record<string, string> {
  const metadata: Record<string, string> = { contract: name, description: contract.about };
  for (const part of ["ask", "answer"] as const) {
    let text: string | undefined;
    const get = () => {
      text ??= JSON.stringify(partsOf(contract).find((one) => one.name === part)?.schema ?? {});
      return text;
    };
    Object.defineProperty(metadata, part, { enumerable: true, get });
  }
  return metadata;
}
