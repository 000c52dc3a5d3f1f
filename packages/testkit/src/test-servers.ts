import { mkdirSync } from "node:fs";
import { chmod, mkdtemp, readdir, rm, rmdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  claimPort,
  type NatsAccess,
  natsImage,
  poll,
  startNats,
  startPostgres,
  writeNatsAccess,
} from "@quartermaster/servers";
import { Client } from "pg";

/**
 * `embedded` runs servers as processes of ours; `containers` runs the images that production uses, where a Docker engine
 * answers. The tests are the same either way. Embedded is the default everywhere, so that a run means the same on every
 * machine and starts in a second.
 */
export type TestServersKind = "embedded" | "containers";

export interface TestPostgres {
  /** As the superuser, to the database `postgres`. */
  url: string;
  stop(): Promise<void>;
}

export interface TestNats {
  url: string;
  /** Starts it again on the same port, with what is in its store. */
  start(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  wipe(): Promise<void>;
  stop(): Promise<void>;
}

export function testServersKind(): TestServersKind {
  const kind = process.env.TEST_SERVERS ?? "embedded";
  if (kind !== "embedded" && kind !== "containers") {
    throw new Error(`TEST_SERVERS is "${kind}": it can be embedded or containers.`);
  }
  return kind;
}

/** The passwords are no secret: the server listens on 127.0.0.1, holds made-up rows and ends with the run. */
const superuserPassword = "postgres";

const folderPrefix = "quartermaster-test-";

export async function startTestPostgres(): Promise<TestPostgres> {
  if (testServersKind() === "containers") return startPostgresContainer();
  await sweepAbandoned();
  const folder = await temporaryFolder();
  const server = await startPostgres({
    folder: join(folder, "postgres"),
    password: superuserPassword,
    logFile: join(folder, "postgres.log"),
    durable: false,
    removeOnAbandon: folder,
  });
  const stop = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { url: server.url("postgres"), stop };
}

export async function startTestNats(access: NatsAccess): Promise<TestNats> {
  const folder = await temporaryFolder();
  const storeFolder = join(folder, "store");
  const kind = testServersKind();
  const start = (port?: number) =>
    kind === "containers"
      ? startNatsContainer(access, storeFolder, port)
      : startNatsProcess(access, folder, storeFolder, port);
  let server = await start();
  const { port, url } = server;
  const kill = () => server.kill();
  const wipe = () => rm(storeFolder, { recursive: true, force: true });
  return {
    url,
    kill,
    wipe,
    start: async () => {
      server = await start(port);
    },
    stop: async () => {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface RunningNats {
  port: number;
  url: string;
  kill(): Promise<void>;
}

async function startNatsProcess(
  access: NatsAccess,
  folder: string,
  storeFolder: string,
  port?: number,
): Promise<RunningNats> {
  const server = await startNats({
    storeFolder,
    access,
    ...(port === undefined ? {} : { port }),
    removeOnAbandon: folder,
  });
  const kill = async () => {
    server.signal("SIGKILL");
    await server.exited;
  };
  return { port: server.port, url: server.url, kill };
}

async function startPostgresContainer(): Promise<TestPostgres> {
  const { GenericContainer, Wait } = await testcontainers();
  const container = await new GenericContainer("postgres:18")
    .withEnvironment({
      POSTGRES_PASSWORD: superuserPassword,
      POSTGRES_INITDB_ARGS: "--locale=C.UTF-8 --encoding=UTF8",
    })
    .withCommand(["postgres", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200"])
    .withExposedPorts(5432)
    .withWaitStrategy(Wait.forListeningPorts())
    .start();
  const url = `postgres://postgres:${superuserPassword}@${container.getHost()}:${container.getMappedPort(5432)}/postgres`;
  // The image runs its first scripts on a server that takes no connections; the port of the engine is open by then.
  const answered = await poll(() => canConnect(url), 60_000, 100);
  if (answered === undefined) throw new Error("The Postgres container takes no connections.");
  return { url, stop: async () => void (await container.stop()) };
}

async function canConnect(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("select 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function startNatsContainer(
  access: NatsAccess,
  storeFolder: string,
  wantedPort?: number,
): Promise<RunningNats> {
  const { GenericContainer, Wait } = await testcontainers();
  mkdirSync(storeFolder, { recursive: true });
  const { fileName, environment } = writeNatsAccess(access, storeFolder);
  const port = await claimPort(wantedPort);
  const container = await new GenericContainer(natsImage)
    .withEnvironment(environment)
    .withCommand(["--jetstream", "--store_dir", "/data", "--config", `/data/${fileName}`])
    .withBindMounts([{ source: storeFolder, target: "/data" }])
    .withExposedPorts({ container: 4222, host: port })
    .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
    .start();
  const kill = async () => void (await container.stop({ timeout: 0 }));
  return { port, url: `nats://${container.getHost()}:${port}`, kill };
}

/** Loaded only when it is asked for: it takes a second, and needs nothing else here. */
function testcontainers(): Promise<typeof import("testcontainers")> {
  return import("testcontainers");
}

/** A run that is killed between making a folder and starting a server in it leaves an empty one. */
async function sweepAbandoned(): Promise<void> {
  const anHourAgo = Date.now() - 3_600_000;
  for (const name of await readdir(tmpdir())) {
    const path = join(tmpdir(), name);
    if (!name.startsWith(folderPrefix) || (await changedAt(path)) > anHourAgo) continue;
    await rmdir(path).catch(() => undefined);
  }
}

/** When it was last changed, or now when it has gone meanwhile. */
async function changedAt(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Date.now(),
  );
}

/** Open to all, because root runs Postgres as another user. */
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), folderPrefix));
  await chmod(folder, 0o755);
  return folder;
}
