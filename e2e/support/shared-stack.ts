import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
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
    const complaints = await complaintsIn(dataDir);
    await rm(dataDir, { recursive: true, force: true });
    if (complaints.length > 0)
      throw new Error(`Services complained in their logs:\n${complaints.slice(0, 20).join("\n")}`);
  };
  const told: SharedStack = { gatewayUrl: stack.gatewayUrl, databaseUrl: stack.adminDatabaseUrl };
  process.env.E2E_STACK = JSON.stringify(told);
}

/** What a journey brings about on purpose: a document that another customer has. */
const broughtAbout = '"msg":"a following command was refused"';

/** What services logged as a warning or worse: a buyer's mistake is none, and nothing here breaks a service. */
async function complaintsIn(dataDir: string): Promise<string[]> {
  const files = await readdir(dataDir, { recursive: true });
  const logs = files.filter((file) => file.endsWith(".log"));
  if (logs.length === 0) throw new Error("There is no log to look into.");
  const texts = await Promise.all(logs.map((file) => readFile(join(dataDir, file), "utf8")));
  return texts.flatMap((text) =>
    text
      .split("\n")
      .filter((line) => /^\{"level":"(warn|error|fatal)"/.test(line) && !line.includes(broughtAbout)),
  );
}
