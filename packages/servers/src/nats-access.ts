import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type NatsPeople, natsConfig, natsUsers, passwordVariable, readNatsRights } from "./nats-config";

/** The users of production, with their rights (infra/nats), and whoever else is named. */
export interface NatsAccess extends NatsPeople {
  passwordOf(user: string): string;
}

/**
 * Writes the accounts into the store's folder, for a server that is started with it. The passwords are not in the file: the
 * server looks for them in the environment.
 */
export function writeNatsAccess(
  access: NatsAccess,
  storeFolder: string,
): { fileName: string; environment: Record<string, string> } {
  const table = readNatsRights();
  const fileName = "accounts.conf";
  writeFileSync(join(storeFolder, fileName), natsConfig(table, access), { mode: 0o644 });
  const passwords = natsUsers(table, access).map((user) => [passwordVariable(user), access.passwordOf(user)]);
  return { fileName, environment: Object.fromEntries(passwords) };
}
