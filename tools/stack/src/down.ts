import { existsSync, lstatSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { poll, processIdentity } from "@quartermaster/servers";
import { runningStack } from "./run-folder";
import { readSettings } from "./settings";

/** Stops the stack that runs on DATA_DIR, from another terminal. */
export async function down(): Promise<void> {
  const { dataDir } = readSettings(process.env);
  const stack = await runningStack(dataDir);
  if (stack === undefined) return console.log(`no stack runs on ${dataDir}`);
  process.kill(stack.pid, "SIGTERM");
  const gone = await poll(async () => (await processIdentity(stack.pid)) !== stack.identity, 60_000, 50);
  if (gone === undefined) throw new Error(`The stack (pid ${stack.pid}) did not stop within 60 s.`);
  console.log("stopped");
}

/** Deletes all that a stack keeps below DATA_DIR. */
export async function deleteStored(): Promise<void> {
  const { dataDir } = readSettings(process.env);
  if (!existsSync(dataDir)) return console.log(`there is nothing at ${dataDir}`);
  if ((await runningStack(dataDir)) !== undefined) {
    throw new Error(`A stack runs on ${dataDir}: stop it with \`make down\` first.`);
  }
  const parts = ["postgres", "nats", "logs", "run", "secrets"].map((name) => join(dataDir, name));
  for (const part of parts) {
    // Under root, the cluster may live elsewhere behind a link.
    if (lstatSync(part, { throwIfNoEntry: false })?.isSymbolicLink() && existsSync(part)) {
      rmSync(realpathSync(part), { recursive: true, force: true });
    }
    rmSync(part, { recursive: true, force: true });
  }
  console.log(`deleted what was in ${dataDir}`);
}
