import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

export interface WatchedProcessOptions {
  /** Where stdout and stderr are appended; without one they are thrown away. */
  logFile?: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Run as this user; only root can ask for it. */
  user?: { uid: number; gid: number };
  /** What ends the process cleanly. Default SIGTERM. */
  stopSignal?: NodeJS.Signals;
  /** A folder that goes when our own process dies without stopping this one. */
  removeOnAbandon?: string;
}

/** A process that never outlives the one that started it, however that one dies. */
export interface WatchedProcess {
  readonly pid: number;
  /** Settles when the process is gone, with a sentence on how it ended. */
  readonly exited: Promise<string>;
  readonly running: boolean;
  /** Sends a signal and returns at once. */
  signal(signal: NodeJS.Signals): void;
  /** Asks the process to end, waits, and kills it after `withinMs` (25 s). */
  stop(withinMs?: number): Promise<void>;
}

/** Services give what is under way 20 s to finish; they are not cut off before. */
const stopWithinMs = 25_000;

/**
 * The watchdog is a shell that reads from a pipe of ours. A line means that all is well and it leaves; the end of the
 * pipe means that we died (even by SIGKILL), and then it ends what we started. Five seconds for a clean end, then SIGKILL.
 */
const watchdogScript = `
if read -r _; then exit 0; fi
kill -"$1" "$2" 2>/dev/null
n=0
while kill -0 "$2" 2>/dev/null && [ "$n" -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
kill -9 "$2" 2>/dev/null
[ -n "$3" ] && rm -rf "$3"
exit 0`;

/**
 * Starts a process in a session of its own, so that a Ctrl-C at the terminal reaches only us and we end things in order.
 * Fails when the program cannot be started at all.
 */
export async function startWatched(
  program: string,
  args: readonly string[],
  options: WatchedProcessOptions = {},
): Promise<WatchedProcess> {
  const stopSignal = options.stopSignal ?? "SIGTERM";
  const log = openLog(options.logFile);
  const child = spawn(program, [...args], {
    stdio: ["ignore", log, log],
    detached: true,
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...options.user,
  });
  if (typeof log === "number") closeSync(log);
  await once(child, "spawn");
  const pid = child.pid as number;
  const release = watch(pid, stopSignal, options.removeOnAbandon);
  const exited = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => {
      release();
      resolve(signal === null ? `exit code ${code}` : `signal ${signal}`);
    });
  });
  return {
    pid,
    exited,
    get running() {
      return isRunning(child);
    },
    signal: (signal) => void child.kill(signal),
    stop: (withinMs = stopWithinMs) => stopProcess(child, exited, stopSignal, withinMs),
  };
}

function openLog(logFile: string | undefined): number | "ignore" {
  if (logFile === undefined) return "ignore";
  mkdirSync(dirname(logFile), { recursive: true });
  return openSync(logFile, "a");
}

/** Returns what tells the watchdog that its work is done. */
function watch(pid: number, signal: NodeJS.Signals, folder = ""): () => void {
  const watchdog = spawn(
    "/bin/sh",
    ["-c", watchdogScript, "watchdog", signal.replace("SIG", ""), `${pid}`, folder],
    {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    },
  );
  watchdog.on("error", () => undefined);
  watchdog.stdin.on("error", () => undefined);
  watchdog.unref();
  (watchdog.stdin as unknown as { unref(): void }).unref();
  return () => void watchdog.stdin.end("done\n");
}

async function stopProcess(
  child: ChildProcess,
  exited: Promise<string>,
  signal: NodeJS.Signals,
  withinMs: number,
): Promise<void> {
  if (!isRunning(child)) return;
  child.kill(signal);
  // A process stopped by SIGSTOP hears nothing else before it goes on.
  child.kill("SIGCONT");
  const killer = setTimeout(() => child.kill("SIGKILL"), withinMs);
  await exited;
  clearTimeout(killer);
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
