import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { defaultAdmin, runningStack, startStack } from "@quartermaster/stack";

/** Where the demo plays. `stop` ends what it has started itself, and nothing else. */
export interface Stage {
  url: string;
  admin: { email: string; password: string };
  stop(): Promise<void>;
}

/**
 * The stack that GATEWAY_URL names, or that runs on DATA_DIR, or that answers on the usual port; else a fresh one,
 * whose data is deleted with it.
 */
export async function openStage(env: NodeJS.ProcessEnv, report: (line: string) => void): Promise<Stage> {
  const admin = {
    email: env.BOOTSTRAP_ADMIN_EMAIL || defaultAdmin.email,
    password: env.BOOTSTRAP_ADMIN_PASSWORD || defaultAdmin.password,
  };
  const dataDir = env.DATA_DIR || ".data";
  const url = env.GATEWAY_URL || (await findRunning(dataDir, env.GATEWAY_PORT || "8080"));
  if (url) {
    report(`A stack runs at ${url}.`);
    return { url: url.replace(/\/+$/, ""), admin, stop: async () => undefined };
  }
  report("No stack runs: starting a fresh one.");
  return startFresh(join(dataDir, "demo"), admin, report);
}

async function findRunning(dataDir: string, port: string): Promise<string | undefined> {
  const noticed = (await runningStack(dataDir))?.gatewayUrl;
  if (noticed) return noticed;
  const usual = `http://localhost:${port}`;
  try {
    const response = await fetch(`${usual}/openapi.json`, { signal: AbortSignal.timeout(2_000) });
    const { info } = (await response.json()) as { info?: { title?: string } };
    return info?.title?.includes("Quartermaster") ? usual : undefined;
  } catch {
    return undefined;
  }
}

async function startFresh(
  dataDir: string,
  admin: Stage["admin"],
  report: (line: string) => void,
): Promise<Stage> {
  await rm(dataDir, { recursive: true, force: true });
  await mkdir(dataDir, { recursive: true });
  const stack = await startStack({
    dataDir,
    env: { BOOTSTRAP_ADMIN_EMAIL: admin.email, BOOTSTRAP_ADMIN_PASSWORD: admin.password, LOG_LEVEL: "warn" },
    report: (line) => report(`  ${line}`),
  });
  return {
    url: stack.gatewayUrl,
    admin,
    stop: async () => {
      await stack.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
