import { runProcess } from "@quartermaster/process";
import { start } from "./app";
import { GatewayConfig } from "./config";

runProcess({ service: "gateway", config: GatewayConfig, start });
