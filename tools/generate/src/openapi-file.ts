import { existsSync } from "node:fs";
import { join } from "node:path";
import type { GeneratedFile } from "./files";

const documentSource = join(
  __dirname,
  "..",
  "..",
  "..",
  "services",
  "gateway",
  "src",
  "openapi",
  "document.ts",
);

/** docs/openapi.json, from the gateway's route table. */
export function openApiFile(): GeneratedFile[] {
  if (!existsSync(documentSource)) return [];
  const name = "@quartermaster/gateway/openapi";
  const { openapi } = require(name) as { openapi(): unknown };
  return [{ path: "docs/openapi.json", text: `${JSON.stringify(openapi(), null, 2)}\n` }];
}
