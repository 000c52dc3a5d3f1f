import { resolve } from "node:path";
import type { ServiceName } from "@quartermaster/servers";
import { readInstances } from "./instances";

/** What `make up` can be told by environment variables. */
export interface Settings {
  dataDir: string;
  ports: { gateway?: number; postgres?: number; nats?: number };
  databaseUrl?: string;
  natsUrl?: string;
  operators?: string[];
  instances?: Partial<Record<ServiceName, number>>;
}

export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const ports = {
    gateway: port(env, "GATEWAY_PORT"),
    postgres: port(env, "POSTGRES_PORT"),
    nats: port(env, "NATS_PORT"),
  };
  const given = Object.entries(ports).filter(([, value]) => value !== undefined);
  return {
    dataDir: resolve(env.DATA_DIR || ".data"),
    ports: Object.fromEntries(given),
    ...(env.DATABASE_URL ? { databaseUrl: env.DATABASE_URL } : {}),
    ...(env.NATS_URL ? { natsUrl: env.NATS_URL } : {}),
    ...(env.INSTANCES ? { instances: readInstances(env.INSTANCES) } : {}),
    ...(env.OPERATORS ? { operators: env.OPERATORS.split(",").map((name) => name.trim()) } : {}),
  };
}

function port(env: NodeJS.ProcessEnv, name: string): number | undefined {
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw new Error(`${name} is "${text}": it must be a port, a number from 1 to 65535.`);
}
