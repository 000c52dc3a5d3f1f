import { runProcess } from "@quartermaster/process";
import { start } from "./app";
import { OrdersConfig } from "./config";

runProcess({ service: "orders", config: OrdersConfig, start: start });
