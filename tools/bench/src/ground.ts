import { join } from "node:path";
import { freePort, startPostgres } from "@quartermaster/servers";
import type { CountedProcess } from "./cpu";
import { withClient } from "./invariants";
import { startMonolith } from "./monolith";
import { missingPgbench, startPgbench } from "./pgbench";
import type { BenchSettings } from "./settings";
import type { Target } from "./target";

/** What all targets stand on: one Postgres server. */
export interface Ground {
  readonly adminUrl: string;
  readonly postgresVersion: string;
  readonly targets: readonly Target[];
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
  say("starting Postgres");
  const postgres = await startPostgres({
    folder: join(folder, "postgres"),
    password: "postgres",
    durable: true,
    logFile: join(folder, "postgres.log"),
  });
  started.push(() => postgres.stop());
  const adminUrl = postgres.url("postgres");
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
    postgresVersion: await versionOf(adminUrl),
    targets,
    processes: [{ name: "postgres", pid: postgres.pid }],
    skipped,
  };
}

export function inDatabase(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}

export async function makeDatabase(adminUrl: string, name: string): Promise<void> {
  await withClient(adminUrl, (client) => client.query(`create database ${name}`));
}

async function versionOf(adminUrl: string): Promise<string> {
  const { rows } = await withClient(adminUrl, (client) => client.query("show server_version"));
  return rows[0].server_version;
}
