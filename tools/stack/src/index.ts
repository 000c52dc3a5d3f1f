export type { InstanceName } from "./instances";
export { runningStack, type StackNotice } from "./run-folder";
export { defaultAdmin } from "./service-environment";
export { type ProcessName, type Stack, type StackOptions, startStack } from "./stack";
