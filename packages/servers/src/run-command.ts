import { spawn } from "node:child_process";

export interface CommandResult {
  code: number;
  output: string;
}

/** Runs a program to its end. A program that cannot be started, or needs more than `withinMs`, ends with code 127. */
export function runCommand(
  program: string,
  args: readonly string[],
  options: {
    cwd?: string;
    env?: NodeJS.ProcessEnv;
    user?: { uid: number; gid: number };
    withinMs?: number;
  } = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(program, [...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...options.user,
    });
    let output = "";
    const hear = (chunk: Buffer) => {
      output += chunk.toString("utf8");
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    const timer = setTimeout(() => child.kill("SIGKILL"), options.withinMs ?? 120_000);
    const end = (code: number | null) => {
      clearTimeout(timer);
      resolve({ code: code ?? 127, output });
    };
    child.once("error", (error) => {
      output += error.message;
      end(127);
    });
    child.once("close", end);
  });
}
