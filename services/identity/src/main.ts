import { runProcess } from "@quartermaster/process";
import { start } from "./app";
import { IdentityConfig } from "./config";

runProcess({ service: "identity", config: IdentityConfig, start });
