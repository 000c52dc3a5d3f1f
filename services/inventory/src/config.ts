import { ProcessConfig } from "@quartermaster/process";
import type { z } from "zod";

/** Inventory needs nothing beyond what every service reads. */
export const InventoryConfig = ProcessConfig;
export type InventoryConfig = z.infer<typeof InventoryConfig>;
