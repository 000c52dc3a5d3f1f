import { runProcess } from "@quartermaster/process";
import { start } from "./app";
import { InventoryConfig } from "./config";

runProcess({ service: "inventory", config: InventoryConfig, start });
