import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startStack } from "@quartermaster/stack";

/** What tests are told of the stack that all journeys share. */
export interface SharedStack {
  gatewayUrl: string;
  databaseUrl: string;
}

declare global {
  var quartermasterSharedStack: (() => Promise<void>) | undefined;
}

/** One whole stack for all journeys that leave it as they found it; those that stop services start their own. */
export default async function setup(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), "quartermaster-e2e-"));
  const stack = await startStack({ dataDir, durable: false, env: { LOG_LEVEL: "warn" } });
  globalThis.quartermasterSharedStack = async () => {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  const told: SharedStack = { gatewayUrl: stack.gatewayUrl, databaseUrl: stack.adminDatabaseUrl };
  process.env.E2E_STACK = JSON.stringify(told);
}
