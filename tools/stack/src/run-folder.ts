import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { processIdentity } from "@quartermaster/servers";

const logBytesMax = 20 * 1024 * 1024;

/** What a running stack tells others about itself, in `<data>/run/stack.json`. It holds no secret. */
export interface StackNotice {
  pid: number;
  identity: string;
  gatewayUrl: string;
  natsUrl: string;
  /** `host:port/name` of the database, where the stack runs it. */
  databasePlace?: string;
}

type Places = Pick<StackNotice, "gatewayUrl" | "natsUrl" | "databasePlace">;

export interface RunFolder {
  writePid(name: string, pid: number | undefined): void;
  announce(places: Places): Promise<void>;
  leave(): void;
}

/**
 * Takes the data folder for this stack. Fails when another living stack has it; what a killed one left is taken over.
 */
export async function enterFolder(dataDir: string): Promise<RunFolder> {
  const other = await runningStack(dataDir);
  if (other !== undefined) {
    throw new Error(
      `A stack runs on ${dataDir} already (pid ${other.pid}, ${other.gatewayUrl}): stop it with \`make down\`, or set DATA_DIR to another folder.`,
    );
  }
  const run = join(dataDir, "run");
  const notice = join(run, "stack.json");
  rmSync(run, { recursive: true, force: true });
  mkdirSync(run, { recursive: true });
  // Under root, Postgres runs as another user and walks through this folder; the secrets below are closed themselves.
  chmodSync(dataDir, 0o755);
  const announce = async (places: Places) => {
    const identity = (await processIdentity(process.pid)) ?? "";
    writeFileSync(notice, `${JSON.stringify({ pid: process.pid, identity, ...places }, null, 2)}\n`);
  };
  await announce({ gatewayUrl: "", natsUrl: "" });
  return {
    writePid: (name, pid) => {
      const file = join(run, `${name}.pid`);
      if (pid === undefined) rmSync(file, { force: true });
      else if (existsSync(run)) writeFileSync(file, `${pid}\n`);
    },
    announce,
    leave: () => rmSync(run, { recursive: true, force: true }),
  };
}

/** The stack that runs on this folder, if one does. */
export async function runningStack(dataDir: string): Promise<StackNotice | undefined> {
  const file = join(dataDir, "run", "stack.json");
  try {
    const notice = JSON.parse(readFileSync(file, "utf8")) as StackNotice;
    return (await processIdentity(notice.pid)) === notice.identity ? notice : undefined;
  } catch {
    return undefined;
  }
}

/** Where a process writes its log; a big one is put aside as `.1` first. */
export function logFile(dataDir: string, name: string): string {
  const file = join(dataDir, "logs", `${name}.log`);
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > logBytesMax) renameSync(file, `${file}.1`);
  return file;
}
