export * from "./config";
export { type CrashPoint, crashPoint, crashPointsWatched } from "./crash-points";
export * from "./database";
export * from "./logger";
export * from "./metrics";
export * from "./migrate";
export * from "./paging";
export * from "./run-process";
export * from "./shown-config";
