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
  const file = join(secretsFolder(dataDir), "database.json");
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Secrets;
  const passwords = serviceNames.map((service) => [service, randomPassword()] as const);
  const secrets: Secrets = {
    postgresPassword: randomPassword(),
    servicePasswords: Object.fromEntries(passwords) as Record<ServiceName, string>,
  };
  writeSecret(file, secrets);
  return secrets;
}

/** The passwords of these NATS users, by name. Each is made when its user is first named, and kept. */
export function openNatsPasswords(dataDir: string, users: readonly string[]): Record<string, string> {
  const file = join(secretsFolder(dataDir), "nats.json");
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, string>) : {};
  const missing = users.filter((user) => kept[user] === undefined);
  if (missing.length === 0) return kept;
  // With a letter in front: nats-server reads what looks like a number as a number.
  const made = missing.map((user) => [user, `q${randomPassword()}`]);
  const passwords = { ...kept, ...Object.fromEntries(made) };
  writeSecret(file, passwords);
  return passwords;
}

/**
 * Writes what the stock `nats` CLI needs to connect as this user, for `nats --context <file>`. Returns the file, named
 * after the user.
 */
export function writeNatsContext(
  dataDir: string,
  context: { url: string; user: string; password: string; description: string },
): string {
  const file = natsContextFile(dataDir, context.user);
  writeSecret(file, context);
  return file;
}

export function natsContextFile(dataDir: string, user: string): string {
  return join(secretsFolder(dataDir), `${user}.json`);
}

function secretsFolder(dataDir: string): string {
  const folder = join(dataDir, "secrets");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** In one step: half a file would lock everybody out of what is made with these. */
function writeSecret(file: string, content: object): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** 144 bits in letters and digits that need no escaping in an address. */
function randomPassword(): string {
  return randomBytes(18).toString("base64url");
}
