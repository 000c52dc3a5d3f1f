import { type RunningService, startService } from "@quartermaster/messaging";
import type { Logger } from "@quartermaster/process";
import { InventoryConfig } from "./config";
import { messages } from "./messages";

/** Starts inventory: resolves once it serves its messages. */
export function start(config: InventoryConfig, log: Logger): Promise<RunningService> {
  return startService({ service: "inventory", config, configSchema: InventoryConfig, log, messages });
}
