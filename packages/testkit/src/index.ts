export type { ServiceName } from "@quartermaster/servers";
export { eventually } from "./eventually";
export { operate } from "./operate";
export { openRawNats, type RawNats, rawMessage } from "./raw-nats";
export { silentLog } from "./silent-log";
export { openWorld, type World } from "./world";
