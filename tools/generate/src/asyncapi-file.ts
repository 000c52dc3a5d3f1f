import { asyncapi } from "@quartermaster/contracts/asyncapi";
import type { GeneratedFile } from "./files";

/** docs/asyncapi.json, from the contracts. */
export function asyncApiFile(): GeneratedFile {
  return { path: "docs/asyncapi.json", text: `${JSON.stringify(asyncapi(), null, 2)}\n` };
}
