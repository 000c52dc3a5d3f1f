import { ProcessConfig, runProcess } from "@quartermaster/process";
import { start } from "./app";

runProcess({ service: "audit", config: ProcessConfig, start });
