import { type RunningService, startService } from "@quartermaster/messaging";
import type { Logger } from "@quartermaster/process";
import { BillingConfig } from "./config";
import { messages } from "./messages";

export { BillingConfig } from "./config";

/** Starts billing; resolves when it serves. */
export function start(config: BillingConfig, log: Logger): Promise<RunningService> {
  return startService({
    service: "billing",
    config,
    configSchema: BillingConfig,
    log,
    messages: messages(config),
  });
}
