import { openapi } from "@quartermaster/gateway/openapi";
import type { GeneratedFile } from "./files";

/** docs/openapi.json, from the gateway's route table. */
export function openApiFile(): GeneratedFile {
  return { path: "docs/openapi.json", text: `${JSON.stringify(openapi(), null, 2)}\n` };
}
