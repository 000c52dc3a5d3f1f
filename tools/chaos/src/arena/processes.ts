import { readdirSync, readFileSync } from "node:fs";

/** The processes whose parent this is. From /proc, so on Linux alone; empty elsewhere. */
export function childrenOf(pid: number): number[] {
  return numbersIn("/proc").filter((child) => parentOf(child) === pid);
}

function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder).map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function parentOf(pid: number): number | undefined {
  try {
    // The name of the program stands in brackets and may hold anything; state and parent follow behind it.
    const [, after = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(/\) (?=[A-Z] )/);
    return Number(after.split(" ")[1]);
  } catch {
    return undefined;
  }
}

/** Resident memory in MiB; undefined when the process is gone. */
export function memoryOf(pid: number): number | undefined {
  try {
    const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kb === undefined ? undefined : Math.round(Number(kb) / 1_024);
  } catch {
    return undefined;
  }
}

/** Kills a server together with all that it has started, in one stroke: stopped first, it starts nothing more. */
export function killFamily(pid: number): void {
  process.kill(pid, "SIGSTOP");
  for (const child of childrenOf(pid)) killOne(child);
  killOne(pid);
}

function killOne(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
