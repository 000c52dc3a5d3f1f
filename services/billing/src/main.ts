import { runProcess } from "@quartermaster/process";
import { start } from "./app";
import { BillingConfig } from "./config";

runProcess({ service: "billing", config: BillingConfig, start });
