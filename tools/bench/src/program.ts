import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const resultsFolder = resolve(__dirname, "../../../bench/results");

/** What every command of the bench gets: a voice, a folder, and somebody who stops what it started. */
export interface Bench {
  /** Emptied and removed at the end. */
  readonly folder: string;
  /** A line of the result. */
  readonly say: (sentence: string) => void;
  /** A step, with the time since the start, so that nobody wonders whether it goes on. */
  readonly tell: (sentence: string) => void;
  /** What must be stopped, whichever way we end; the last started goes first. */
  readonly started: (() => Promise<void>)[];
}

/**
 * Runs one command to its end and ends the process: status 0 when `work` answers true, 1 when it answers false or throws,
 * and what a signal says when there was one. Everything that was started is stopped before.
 */
export function runBench(work: (bench: Bench) => Promise<boolean>): void {
  const folder = mkdtempSync(join(tmpdir(), "quartermaster-bench-"));
  const started: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  let interrupted = false;
  const stopAll = async () => {
    for (const stop of started.splice(0).reverse())
      await stop().catch((error: Error) => say(`could not be stopped cleanly: ${error.message}`));
  };
  const stopEarly = async (signal: NodeJS.Signals) => {
    if (interrupted) return;
    interrupted = true;
    say(`${signal}: stopping everything`);
    await stopAll();
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  process.on("SIGINT", (signal) => void stopEarly(signal));
  process.on("SIGTERM", (signal) => void stopEarly(signal));
  void work({ folder, say, tell, started })
    .catch((error: Error) => {
      if (!interrupted) say(`Failed: ${error.message}`);
      return false;
    })
    .then(async (good) => {
      // After a Ctrl-C the loads fail as well; stopEarly is at work then, and ends the process.
      if (interrupted) return;
      await stopAll();
      process.exit(good ? 0 : 1);
    });
}

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}

function tell(sentence: string): void {
  const seconds = Math.round(process.uptime());
  say(`${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, "0")}  ${sentence}`);
}

/** Everything that was measured, as JSON; answers with the file's place in the repository. `kind` begins its name. */
export function writeResults(kind: string, results: object): string {
  mkdirSync(resultsFolder, { recursive: true });
  const name = `${kind}-${new Date().toISOString().replaceAll(/[:.]/g, "-")}.json`;
  writeFileSync(join(resultsFolder, name), `${JSON.stringify(results, undefined, 2)}\n`);
  return join("bench/results", name);
}
