import { BaseConfig, runProcess } from "@quartermaster/process";
import { start } from "./app";

runProcess({ service: "audit", config: BaseConfig, start });
