import { join } from "node:path";
import {
  freePort,
  isFree,
  type NatsAccess,
  startNats,
  startPostgres,
  type WatchedProcess,
} from "@quartermaster/servers";
import { logFile } from "./run-folder";
import type { Report, Supervised } from "./supervisor";

/** Puts a process of this name under supervision. */
export type Keep = (name: "postgres" | "nats", launch: () => Promise<WatchedProcess>) => Supervised;

export interface ServerPlace {
  dataDir: string;
  keep: Keep;
  report: Report;
}

/** A port that is named must be free; for one that is not, the usual one is taken, or a free one. */
export async function choosePort(
  variable: string,
  named: number | undefined,
  usual: number,
): Promise<number> {
  if (named === undefined) return freePort(usual);
  if (await isFree(named)) return named;
  throw new Error(`Port ${named} is taken by another program: set ${variable} to a free one.`);
}

/** Starts Postgres under supervision. Returns the superuser's address of the database `quartermaster`. */
export async function openPostgres(
  place: ServerPlace,
  port: number | undefined,
  { password, durable }: { password: string; durable: boolean },
): Promise<string> {
  const chosen = await startOnPort(place, "postgres", { named: port, usual: 5432 }, (portOptions) =>
    startPostgres({
      ...portOptions,
      folder: join(place.dataDir, "postgres"),
      password,
      logFile: logFile(place.dataDir, "postgres"),
      durable,
      onProgress: (sentence) => place.report(`postgres: ${sentence}`),
    }),
  );
  return `postgres://postgres:${password}@127.0.0.1:${chosen}/quartermaster`;
}

/** Starts nats-server under supervision. Returns its address. */
export async function openNats(
  place: ServerPlace,
  port: number | undefined,
  access: NatsAccess,
): Promise<string> {
  const chosen = await startOnPort(place, "nats", { named: port, usual: 4222 }, (portOptions) =>
    startNats({
      ...portOptions,
      storeFolder: join(place.dataDir, "nats"),
      access,
      logFile: logFile(place.dataDir, "nats"),
      onProgress: (sentence) => place.report(`nats: ${sentence}`),
    }),
  );
  return `nats://127.0.0.1:${chosen}`;
}

/** Two stacks that start at once may choose the same port: the one that comes second chooses again. */
async function startOnPort(
  { keep, report }: ServerPlace,
  name: "postgres" | "nats",
  { named, usual }: { named: number | undefined; usual: number },
  launch: (port: { port: number; portWithinMs?: number }) => Promise<WatchedProcess>,
): Promise<number> {
  let port = await choosePort(`${name.toUpperCase()}_PORT`, named, usual);
  let hasRun = false;
  // A server that comes back waits for its port; one that never ran need not.
  const supervised = keep(name, () => launch(hasRun ? { port } : { port, portWithinMs: 0 }));
  for (let attempt = 1; !hasRun; attempt += 1) {
    try {
      await supervised.start();
      hasRun = true;
    } catch (error) {
      if (named !== undefined || attempt === 3) throw error;
      port = await freePort();
    }
  }
  report(`${name} is ready on port ${port}`);
  return port;
}
