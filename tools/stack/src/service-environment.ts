import { join } from "node:path";
import type { ServiceName } from "@quartermaster/servers";

/** The first admin of a stack that is started by `make up`; any other way of starting asks for them. */
export const defaultAdmin = { email: "admin@example.com", password: "quartermaster-admin" };

/** What is meant for the stack itself, or for one service alone, and is not handed to the others. */
const notPassedOn = [
  "METRICS_PORT",
  "GATEWAY_PORT",
  "DATABASE_URL",
  "NATS_URL",
  "BOOTSTRAP_ADMIN_EMAIL",
  "BOOTSTRAP_ADMIN_PASSWORD",
  "TOKEN_KEYS_DIR",
];

export interface ServicePlace {
  dataDir: string;
  gatewayPort: number;
  natsUrl: string;
  databaseUrl: string;
}

/** The environment of one service: what the stack was given, and where its servers are. */
export function environmentFor(
  service: ServiceName,
  place: ServicePlace,
  given: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const passed = Object.entries(given).filter(([name]) => !notPassedOn.includes(name));
  return {
    ...Object.fromEntries(passed),
    NODE_ENV: given.NODE_ENV ?? "production",
    LOG_LEVEL: given.LOG_LEVEL ?? "info",
    INSTANCE: `${service}-1`,
    DATABASE_URL: place.databaseUrl,
    NATS_URL: place.natsUrl,
    ...(service === "gateway" ? { GATEWAY_PORT: `${place.gatewayPort}` } : {}),
    ...(service === "identity" ? identityOnly(place.dataDir, given) : {}),
  };
}

function identityOnly(dataDir: string, given: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    BOOTSTRAP_ADMIN_EMAIL: given.BOOTSTRAP_ADMIN_EMAIL ?? defaultAdmin.email,
    BOOTSTRAP_ADMIN_PASSWORD: given.BOOTSTRAP_ADMIN_PASSWORD ?? defaultAdmin.password,
    TOKEN_KEYS_DIR: given.TOKEN_KEYS_DIR ?? join(dataDir, "secrets", "token-keys"),
  };
}
