import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { poll, startWatched, type WatchedProcess } from "@quartermaster/servers";
import { connect } from "nats";
import type { Instance } from "./instances";
import type { NatsLogin } from "./nats-logins";
import { logFile } from "./run-folder";
import type { Supervised } from "./supervisor";

const repository = join(__dirname, "..", "..", "..");

/** Endings without being asked for before a first start counts as failed. */
const failedStartsMax = 3;

/**
 * Much is made and thrown away per order, little is kept: with a larger young generation fewer of an order's objects are
 * copied before they die. Seven percent of an order's CPU, for up to 48 MB more of each process.
 */
const nodeOptions = ["--max-semi-space-size=32"];

export function startService(
  { name, service }: Instance,
  dataDir: string,
  { env, checkout = repository }: { env: NodeJS.ProcessEnv; checkout?: string | undefined },
): Promise<WatchedProcess> {
  const main = join(checkout, "services", service, "dist", "main.js");
  if (!existsSync(main))
    throw new Error(`services/${service} is not built in ${checkout}: run \`npx tsc -b\`.`);
  return startWatched(process.execPath, [...nodeOptions, main], {
    env,
    cwd: checkout,
    logFile: logFile(dataDir, name),
  });
}

/** Waits until the service says that it is ready: the gateway over HTTP, the others over NATS. */
export async function untilServiceReady(
  instance: Instance,
  supervised: Supervised,
  place: { gatewayUrl: string; natsUrl: string; probe: NatsLogin | undefined; dataDir: string },
  withinMs: number,
): Promise<void> {
  const endingsBefore = supervised.endings;
  const readiness = await readinessOf(instance, place);
  const outcome = await poll<"ready" | "failed">(
    async () => {
      if (supervised.endings - endingsBefore >= failedStartsMax) return "failed";
      return (await readiness.ask()) && "ready";
    },
    withinMs,
    100,
  );
  await readiness.close();
  if (outcome === "ready") return;
  const log = join(place.dataDir, "logs", `${instance.name}.log`);
  const why =
    outcome === "failed" ? "ends as soon as it is started" : `was not ready within ${withinMs / 1000} s`;
  throw new Error(`${instance.name} ${why}: see ${log}\n${lastLines(log)}`);
}

interface Readiness {
  ask(): Promise<boolean>;
  close(): Promise<void>;
}

async function readinessOf(
  { service, number }: Instance,
  place: { gatewayUrl: string; natsUrl: string; probe: NatsLogin | undefined },
): Promise<Readiness> {
  if (service === "gateway")
    return { ask: () => answersOk(`${place.gatewayUrl}/health/ready`), close: async () => undefined };
  const login = place.probe && { user: place.probe.user, pass: place.probe.password };
  const nats = await connect({
    servers: place.natsUrl.split(","),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    ...login,
  });
  const ask = async () => {
    try {
      const answer = await nats.request(`ops.${service}.${service}-${number}.health`, "{}", {
        timeout: 1_000,
      });
      return answer.json<{ ready?: boolean }>().ready === true;
    } catch {
      return false;
    }
  };
  return { ask, close: () => nats.close() };
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function lastLines(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n").slice(-5).join("\n") : "";
}
