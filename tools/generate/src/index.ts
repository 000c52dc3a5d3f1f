import { asyncApiFile } from "./asyncapi-file";
import type { GeneratedFile } from "./files";
import { messagesPage } from "./messages-page";
import { natsFiles } from "./nats-files";
import { openApiFile } from "./openapi-file";
import { permissionsPage } from "./permissions-page";
import { schemaFiles } from "./schemas";

export { type GeneratedFile, refresh, staleAmong } from "./files";
export { natsRights } from "./nats-files";
export { partiesOf } from "./parties";

/** Everything in the repository that is derived from the code. */
export function generatedFiles(): GeneratedFile[] {
  return [messagesPage(), permissionsPage(), ...natsFiles(), ...schemaFiles(), openApiFile(), asyncApiFile()];
}
