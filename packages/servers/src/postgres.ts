import { chownSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { poll } from "./poll";
import { claimPort } from "./ports";
import { type PostgresPrograms, unpackPostgres } from "./postgres-programs";
import { processIdentity } from "./process-identity";
import { runCommand } from "./run-command";
import { folderFor, type ServerUser, serverUser } from "./server-user";
import { startWatched, type WatchedProcess } from "./watched-process";

export interface PostgresOptions {
  /** The cluster's folder; made by initdb when it is empty. */
  folder: string;
  /** Exactly this one; without it a free one. */
  port?: number;
  /** How long to wait for the port to become free. Default 10 s, for a server that comes back. */
  portWithinMs?: number;
  /** The superuser `postgres` gets it when the cluster is made. */
  password: string;
  logFile?: string;
  /** Another Postgres than the one that npm brought: 15 or newer. */
  programs?: PostgresPrograms;
  /** False for tests: no fsync, so that a power cut loses the cluster. A killed process loses nothing either way. */
  durable: boolean;
  /** Removed when our process dies without stopping the server; for tests. */
  removeOnAbandon?: string;
  /** Told what takes time: making the cluster. */
  onProgress?: (sentence: string) => void;
}

export interface PostgresServer extends WatchedProcess {
  readonly port: number;
  /** As the superuser, to a database of this name. */
  url(database: string): string;
}

/** More than six services with two pools of ten each, and room for operators. */
const connectionsMax = 200;

/** Starts a real Postgres on 127.0.0.1, and waits until it answers. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const user = await serverUser();
  const programs = options.programs ?? unpackPostgres(user);
  const folder = folderFor(user, options.folder);
  if (!existsSync(join(folder, "PG_VERSION"))) {
    options.onProgress?.("making the database cluster");
    await makeCluster(programs, folder, user, options);
  }
  await endLeftover(folder);
  const port = await claimPort(options.port, options.portWithinMs);
  const args = ["-D", folder, "-p", `${port}`, ...settings(options.durable)];
  const server = await startWatched(programs.postgres, args, {
    // SIGINT is Postgres' fast shutdown: open transactions are rolled back, nothing is waited for.
    stopSignal: "SIGINT",
    // The C library gives memory above 128 kB back to the kernel after each statement, and asks for it again.
    env: { ...process.env, LC_MESSAGES: "C", TZ: "UTC", MALLOC_TRIM_THRESHOLD_: `${8 * 1024 * 1024}` },
    ...(user === undefined ? {} : { user: { uid: user.uid, gid: user.gid } }),
    ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
    ...(options.removeOnAbandon === undefined ? {} : { removeOnAbandon: options.removeOnAbandon }),
  });
  await untilReady(server, folder, options.logFile);
  const url = (database: string) => `postgres://postgres:${options.password}@127.0.0.1:${port}/${database}`;
  return Object.assign(Object.create(server) as WatchedProcess, { port, url });
}

function settings(durable: boolean): string[] {
  const always = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: connectionsMax,
    shared_buffers: durable ? "256MB" : "128MB",
    max_wal_size: "2GB",
    // Plans of short statements gain nothing from the compiler, and pay for it.
    jit: "off",
    timezone: "UTC",
    log_timezone: "UTC",
    log_checkpoints: "off",
  };
  const forTests = { fsync: "off", full_page_writes: "off", autovacuum: "off" };
  const all = durable ? always : { ...always, ...forTests };
  return Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** Made beside its place and moved there when it is whole, so that a kill in the middle leaves nothing half. */
async function makeCluster(
  programs: PostgresPrograms,
  folder: string,
  user: ServerUser | undefined,
  { password, durable, programs: given }: PostgresOptions,
): Promise<void> {
  const fresh = join(folder, "making");
  const passwordFile = join(folder, "making.password");
  rmSync(fresh, { recursive: true, force: true });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== undefined) chownSync(passwordFile, user.uid, user.gid);
  const made = await runCommand(
    programs.initdb,
    [
      `--pgdata=${fresh}`,
      "--username=postgres",
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      // The same order of texts and the same upper and lower case on every system. Older ones have no provider of their own.
      ...(given
        ? ["--locale=C.UTF-8"]
        : ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]),
      ...(durable ? [] : ["--no-sync"]),
    ],
    { env: { ...process.env, LC_ALL: "C" }, ...(user === undefined ? {} : { user }) },
  );
  rmSync(passwordFile, { force: true });
  if (made.code !== 0) throw new Error(`initdb could not make a cluster in ${folder}: ${made.output.trim()}`);
  moveInto(fresh, folder);
}

function moveInto(fresh: string, folder: string): void {
  // PG_VERSION comes last: it says that the cluster is whole.
  const names = readdirSync(fresh).sort((a, b) => Number(a === "PG_VERSION") - Number(b === "PG_VERSION"));
  for (const name of names) renameSync(join(fresh, name), join(folder, name));
  rmSync(fresh, { recursive: true, force: true });
}

/** A server that a killed run left is ended; a lock file without its server goes. */
async function endLeftover(folder: string): Promise<void> {
  const lockFile = join(folder, "postmaster.pid");
  const pid = Number(readLock(folder)?.[0]);
  if (!(await isPostgres(pid))) return rmSync(lockFile, { force: true });
  process.kill(pid, "SIGINT");
  const gone = await poll(async () => !(await isPostgres(pid)), 10_000, 50);
  if (gone === undefined) process.kill(pid, "SIGKILL");
}

async function isPostgres(pid: number): Promise<boolean> {
  return (await processIdentity(pid))?.includes("postgres") ?? false;
}

function readLock(folder: string): string[] | undefined {
  try {
    return readFileSync(join(folder, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return undefined;
  }
}

/** The eighth line of its lock file is how Postgres itself says that it takes connections. */
async function untilReady(server: WatchedProcess, folder: string, logFile?: string): Promise<void> {
  const isReady = () => {
    const lock = readLock(folder);
    return Number(lock?.[0]) === server.pid && lock?.[7]?.trim() === "ready";
  };
  const outcome = await poll(() => (server.running ? isReady() && "ready" : "gone"), 60_000);
  if (outcome === "ready") return;
  await server.stop(1_000);
  const where = logFile === undefined ? "" : `: see ${logFile}`;
  throw new Error(`Postgres did not start (${await server.exited})${where}`);
}
