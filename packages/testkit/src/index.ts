export type { ServiceName } from "@quartermaster/servers";
export { eventually } from "./eventually";
export { silentLog } from "./silent-log";
export { openWorld, type World } from "./world";
