import { readFileSync } from "node:fs";
import { platform } from "node:os";
import { runCommand } from "./run-command";

/**
 * The command line of a living process and when it started, or undefined. A pid alone names nobody: it may have gone to
 * another program since it was written down.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  if (platform() === "linux") return fromProc(pid);
  const { code, output } = await runCommand("ps", ["-p", `${pid}`, "-o", "lstart=,args="]);
  return code === 0 ? output.trim() : undefined;
}

/** Slim images have no `ps`. */
function fromProc(pid: number): string | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    // The second field is the program's name in brackets and may hold blanks; the start time is the 20th after it.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return command === "" ? undefined : `${fields[19]} ${command}`;
  } catch {
    return undefined;
  }
}
