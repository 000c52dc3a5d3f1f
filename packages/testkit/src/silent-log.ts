import { pino } from "pino";

/** A log that says nothing, for tests that do not look at it. */
export const silentLog = pino({ level: "silent" });
