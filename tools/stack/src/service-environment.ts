import { join } from "node:path";
import type { ServiceName } from "@quartermaster/servers";
import type { NatsLogin } from "./nats-logins";

/** The first admin of a stack that is started by `make up`; any other way of starting asks for them. */
export const defaultAdmin = { email: "admin@example.com", password: "quartermaster-admin" };

/** What is meant for the stack itself, or for one service alone, and is not handed to the others. */
const notPassedOn = [
  "METRICS_PORT",
  "GATEWAY_PORT",
  "GATEWAY_HOST",
  "DATABASE_URL",
  "NATS_URL",
  "NATS_USER",
  "NATS_PASSWORD",
  "OPERATORS",
  "BOOTSTRAP_ADMIN_EMAIL",
  "BOOTSTRAP_ADMIN_PASSWORD",
  "TOKEN_KEYS_DIR",
];

/** Everybody's password on a NATS server that runs already. */
const passwordOfSomebody = /^NATS_\w+_PASSWORD$/;

export interface ServicePlace {
  dataDir: string;
  gatewayPort: number;
  natsUrl: string;
  /** Without it the service connects to NATS without a user. */
  natsLogin?: NatsLogin;
  databaseUrl: string;
}

/** The environment of one service: what the stack was given, and where its servers are. */
export function environmentFor(
  service: ServiceName,
  place: ServicePlace,
  given: NodeJS.ProcessEnv,
  number = 1,
): NodeJS.ProcessEnv {
  const passed = Object.entries(given).filter(
    ([name]) => !notPassedOn.includes(name) && !passwordOfSomebody.test(name),
  );
  return {
    ...Object.fromEntries(passed),
    NODE_ENV: given.NODE_ENV || "production",
    LOG_LEVEL: given.LOG_LEVEL || "info",
    INSTANCE: `${service}-${number}`,
    DATABASE_URL: place.databaseUrl,
    NATS_URL: place.natsUrl,
    ...(place.natsLogin && { NATS_USER: place.natsLogin.user, NATS_PASSWORD: place.natsLogin.password }),
    ...(service === "gateway" ? gatewayOnly(place.gatewayPort, given) : {}),
    ...(service === "identity" ? identityOnly(place.dataDir, given) : {}),
  };
}

/**
 * The first admin's password is known to everybody, so only this machine can reach the gateway. 127.0.0.1 serves clients
 * that take `localhost` for ::1 first, too: they go on to the next address of that name when the first one refuses.
 */
const defaultHost = "127.0.0.1";

function gatewayOnly(port: number, given: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { GATEWAY_PORT: `${port}`, GATEWAY_HOST: given.GATEWAY_HOST || defaultHost };
}

/** Where the gateway is reached from this machine: by name, unless it listens on one address of the network alone. */
export function gatewayUrlOf(port: number, given: NodeJS.ProcessEnv): string {
  const host = given.GATEWAY_HOST || defaultHost;
  const isHere = /^127\.|^(0\.0\.0\.0|::|::1|localhost)$/.test(host);
  return `http://${isHere ? "localhost" : host.includes(":") ? `[${host}]` : host}:${port}`;
}

function identityOnly(dataDir: string, given: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    BOOTSTRAP_ADMIN_EMAIL: given.BOOTSTRAP_ADMIN_EMAIL || defaultAdmin.email,
    BOOTSTRAP_ADMIN_PASSWORD: given.BOOTSTRAP_ADMIN_PASSWORD || defaultAdmin.password,
    TOKEN_KEYS_DIR: given.TOKEN_KEYS_DIR || join(dataDir, "secrets", "token-keys"),
  };
}
