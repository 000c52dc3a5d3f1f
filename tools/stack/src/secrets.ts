import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ServiceName, serviceNames } from "@quartermaster/servers";

export interface Secrets {
  postgresPassword: string;
  servicePasswords: Record<ServiceName, string>;
}

/** Made at random the first time, and kept where only their owner can read them. */
export function openSecrets(dataDir: string): Secrets {
  const folder = join(dataDir, "secrets");
  const file = join(folder, "database.json");
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Secrets;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const passwords = serviceNames.map((service) => [service, randomPassword()] as const);
  const secrets: Secrets = {
    postgresPassword: randomPassword(),
    servicePasswords: Object.fromEntries(passwords) as Record<ServiceName, string>,
  };
  // In one step: half a file would lock everybody out of the cluster that is made with these.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
  return secrets;
}

/** 144 bits in letters and digits that need no escaping in an address. */
function randomPassword(): string {
  return randomBytes(18).toString("base64url");
}
