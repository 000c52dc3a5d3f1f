import { type RunningService, startService } from "@quartermaster/messaging";
import type { Logger, ProcessConfig } from "@quartermaster/process";
import { messages } from "./messages";

/** Starts the audit. */
export function start(config: ProcessConfig, log: Logger): Promise<RunningService> {
  // A query that arrives before all is up waits for it.
  const running: Promise<RunningService> = startService({
    service: "audit",
    config,
    log,
    messages: messages(async (work) => (await running).inTransaction(work)),
  });
  return running;
}
