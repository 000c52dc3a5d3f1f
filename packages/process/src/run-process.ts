import type { z } from "zod";
import { ConfigError, type ProcessConfig, readConfig } from "./config";
import { crashPointNames, crashPointsWatched } from "./crash-points";
import { type Logger, openLogger } from "./logger";

/** Longer than a batch and a reply take, shorter than the 30 s that orchestrators wait before they kill. */
const stopTimeoutMs = 20_000;

/** Anything that was started and can be stopped: it finishes what it holds first. */
export interface Running {
  stop(): Promise<void>;
  /** Resolves when an operator wants the process to end in order. */
  readonly drained?: Promise<void>;
  /** Resolves when it cannot go on: the process ends with exit code 1, so that it is started afresh. */
  readonly failed?: Promise<Error>;
}

/**
 * The life of every service process: configuration, start, and an orderly stop on SIGTERM, SIGINT or an operator's drain. A wrong
 * configuration ends it with one sentence; an unexpected error, or a failure while it runs, ends it with exit code 1, so that it is started afresh.
 */
export function runProcess<Schema extends z.ZodType<ProcessConfig>>(parts: {
  service: string;
  config: Schema;
  start: (config: z.infer<Schema>, log: Logger) => Promise<Running>;
}): void {
  let config: z.infer<Schema>;
  try {
    config = readConfig(parts.config, process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${parts.service} cannot start: ${error.message}\n`);
    process.exit(78); // EX_CONFIG of sysexits.h: starting it again would not help.
  }
  const log = openLogger(parts.service, config.INSTANCE, config.LOG_LEVEL);
  const die = (error: unknown, what: string) => {
    log.fatal({ err: error }, what);
    process.exit(1);
  };
  process.on("uncaughtException", (error) => die(error, "uncaught exception"));
  process.on("unhandledRejection", (error) => die(error, "unhandled rejection"));

  parts.start(config, log).then(
    (running) => {
      if (crashPointsWatched) log.info({ crashPoints: crashPointNames() }, "ready to crash");
      log.info("ready");
      stopWhenAsked(running, log, die);
      void running.failed?.then((error) => die(error, "cannot go on"));
    },
    (error) => die(error, "could not start"),
  );
}

function stopWhenAsked(running: Running, log: Logger, die: (error: unknown, what: string) => void): void {
  let stopping = false;
  const stop = (why: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ why }, "stopping");
    setTimeout(
      () => die(new Error(`still busy after ${stopTimeoutMs} ms`), "stopped by force"),
      stopTimeoutMs,
    ).unref();
    running.stop().then(
      () => {
        log.info("stopped");
        process.exit(0);
      },
      (error) => die(error, "could not stop in order"),
    );
  };
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("SIGINT", () => stop("SIGINT"));
  void running.drained?.then(() => stop("drained"));
}
