import { join } from "node:path";
import { freePort, startPostgres } from "@quartermaster/servers";
import { type Stack, type StackOptions, startStack } from "@quartermaster/stack";
import type { CountedProcess } from "./cpu";
import { withClient } from "./invariants";
import { startMonolith } from "./monolith";
import { missingPgbench, startPgbench } from "./pgbench";
import { fillQuartermaster, type Platform } from "./quartermaster";
import type { BenchSettings } from "./settings";
import type { Target } from "./target";

/** What all targets stand on: one Postgres server. */
export interface Ground {
  readonly adminUrl: string;
  readonly postgresVersion: string;
  readonly targets: readonly Target[];
  /** There when Quartermaster is measured. */
  readonly platform?: Platform;
  readonly stack?: Stack;
  /** Counted whichever target is measured. */
  readonly processes: readonly CountedProcess[];
  /** A sentence for each target that is not measured. */
  readonly skipped: readonly string[];
}

export interface GroundParts {
  readonly say: (sentence: string) => void;
  /** Gets a function for everything that must be stopped. */
  readonly started: (() => Promise<void>)[];
}

/** Starts the servers and every target that is wanted. */
export async function openGround(
  settings: BenchSettings,
  folder: string,
  parts: GroundParts,
): Promise<Ground> {
  const { say, started } = parts;
  const skipped: string[] = [];
  const targets: Target[] = [];
  const add = (target: Target) => {
    targets.push(target);
    started.push(() => target.stop());
  };
  const servers = settings.only.includes("quartermaster")
    ? await startPlatform(settings, folder, parts)
    : await startPostgresAlone(folder, parts);
  if (servers.platform) add(servers.platform);
  const { adminUrl } = servers;
  if (settings.only.includes("monolith")) {
    say("starting the monolith");
    await makeDatabase(adminUrl, "bench_monolith");
    const port = await freePort();
    const logFile = join(folder, "monolith.log");
    add(await startMonolith({ settings, adminUrl: inDatabase(adminUrl, "bench_monolith"), port, logFile }));
  }
  if (settings.only.includes("pgbench")) {
    const missing = await missingPgbench();
    if (missing) skipped.push(missing);
    else {
      await makeDatabase(adminUrl, "bench_bare");
      add(
        await startPgbench({
          settings,
          adminUrl: inDatabase(adminUrl, "bench_bare"),
          folder: join(folder, "pgbench"),
        }),
      );
    }
  }
  return {
    adminUrl,
    postgresVersion: await postgresVersionOf(adminUrl),
    targets,
    processes: servers.processes,
    skipped,
    ...(servers.platform && { platform: servers.platform }),
    ...(servers.stack && { stack: servers.stack }),
  };
}

interface Servers {
  readonly adminUrl: string;
  readonly processes: readonly CountedProcess[];
  readonly platform?: Platform;
  readonly stack?: Stack;
}

/** Everything of the platform switched on; the other targets use its Postgres. */
async function startPlatform(settings: BenchSettings, folder: string, parts: GroundParts): Promise<Servers> {
  const stack = await startBenchStack(join(folder, "stack"), parts);
  const pid = stack.pids().postgres;
  return {
    adminUrl: stack.adminDatabaseUrl,
    processes: pid === undefined ? [] : [{ name: "postgres", pid }],
    platform: await fillQuartermaster({ settings, stack, say: parts.say }),
    stack,
  };
}

/** A stack as `make up` starts it, apart from the ports; only the buyers' logins are not slowed down. */
export async function startBenchStack(
  dataDir: string,
  { say, started }: GroundParts,
  more: Pick<StackOptions, "env" | "instances"> = {},
): Promise<Stack> {
  say("starting the stack");
  const ports = { gateway: await freePort(), postgres: await freePort(), nats: await freePort() };
  const env = { LOG_LEVEL: "info", SHIPPING_FLAT_RATE: "0", RATE_LIMIT_AUTH_PER_MINUTE: "100000" };
  const stack = await startStack({
    dataDir,
    ports,
    ...more,
    env: { ...env, ...more.env },
    report: (sentence) => say(`  ${sentence}`),
  });
  started.push(() => stack.stop());
  return stack;
}

async function startPostgresAlone(folder: string, { say, started }: GroundParts): Promise<Servers> {
  say("starting Postgres");
  const postgres = await startPostgres({
    folder: join(folder, "postgres"),
    password: "postgres",
    durable: true,
    logFile: join(folder, "postgres.log"),
  });
  started.push(() => postgres.stop());
  return { adminUrl: postgres.url("postgres"), processes: [{ name: "postgres", pid: postgres.pid }] };
}

export function inDatabase(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}

export async function makeDatabase(adminUrl: string, name: string): Promise<void> {
  await withClient(adminUrl, (client) => client.query(`create database ${name}`));
}

/** Such as 18.4. */
export async function postgresVersionOf(adminUrl: string): Promise<string> {
  const { rows } = await withClient(adminUrl, (client) => client.query("show server_version"));
  return rows[0].server_version;
}
