import { type Logger, pino } from "pino";

export type { Logger } from "pino";

/**
 * JSON lines on standard output. Values under these names never reach a log, whatever object carries them.
 */
const secretPaths = ["password", "token", "refreshToken", "accessToken", "authorization"].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);

/** A service's logger; every line names the service and the instance. */
export function openLogger(service: string, instance: string, level: string): Logger {
  return pino({
    level,
    base: { service, instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: secretPaths, censor: "[redacted]" },
  });
}
