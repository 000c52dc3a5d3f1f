import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "@quartermaster/servers";
import {
  type InstanceName,
  type ProcessName,
  type Stack,
  type StackOptions,
  startStack,
} from "@quartermaster/stack";
import type { Recorder } from "../report/recorder";
import { type Database, openDatabase } from "./database";
import { type Faults, faultsOn } from "./faults";
import { type HttpClient, openHttp } from "./http-client";
import { openPeople, type People } from "./people";

export interface ArenaOptions
  extends Pick<StackOptions, "instances" | "env" | "databaseUrl" | "checkoutAtStart"> {
  /** Beside the seed, for a check that opens more than one. */
  readonly name?: string;
  /** Asked at each start of a service, on top of all else; what `arm` says goes first. */
  readonly envAtStart?: (name: InstanceName) => NodeJS.ProcessEnv;
  /** Told where nats-server listens before the services start; answers with the address that they connect to. */
  readonly natsThrough?: (natsPort: number) => Promise<string>;
  readonly patience?: Patience;
}

/** How long the platform is given for what it has promised; planted bugs are hunted with less. */
export interface Patience {
  /** Until nothing is unfinished: I6 says a minute. */
  readonly settleMs: number;
  /** Until a client gives up an operation: longer than any outage that a check makes. */
  readonly clientMs: number;
}

export const usualPatience: Patience = { settleMs: 60_000, clientMs: 90_000 };

/** A whole stack of real processes, and what can be done to it. */
export interface Arena extends Faults {
  readonly stack: Stack;
  readonly folder: string;
  readonly http: HttpClient;
  readonly people: People;
  readonly sql: Database["sql"];
  readonly patience: Patience;
  /** The next start of this instance gets these variables; the ones after it do not. */
  arm(name: InstanceName, env: NodeJS.ProcessEnv): void;
  logOf(name: ProcessName): string;
  close(): Promise<void>;
}

/** For every check alike: what limits strangers would only limit the harness, which is one address. */
const environment = { LOG_LEVEL: "info", RATE_LIMIT_AUTH_PER_MINUTE: "0" };

export async function openArena(
  folder: string,
  record: Recorder,
  options: ArenaOptions = {},
): Promise<Arena> {
  await mkdir(folder, { recursive: true });
  const armed = new Map<InstanceName, NodeJS.ProcessEnv>();
  const natsPort = await freePort();
  const natsUrl = await options.natsThrough?.(natsPort);
  const stack = await startStack({
    dataDir: folder,
    ports: { nats: natsPort, gateway: await freePort(), postgres: await freePort() },
    env: { ...environment, ...options.env },
    ...(options.instances && { instances: options.instances }),
    ...(options.databaseUrl && { databaseUrl: options.databaseUrl }),
    ...(options.checkoutAtStart && { checkoutAtStart: options.checkoutAtStart }),
    envAtStart: (name) => {
      const once = armed.get(name);
      armed.delete(name);
      return { ...(natsUrl && { NATS_URL: natsUrl }), ...options.envAtStart?.(name), ...once };
    },
  });
  const database = openDatabase(stack.adminDatabaseUrl);
  const http = openHttp(stack.gatewayUrls);
  const close = async () => {
    http.close();
    await database.close();
    await stack.stop();
  };
  try {
    return {
      ...faultsOn(stack, folder, record),
      stack,
      folder,
      http,
      people: await openPeople(http),
      sql: database.sql,
      patience: options.patience ?? usualPatience,
      arm: (name, env) => void armed.set(name, env),
      logOf: (name) => join(folder, "logs", `${name}.log`),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
