import { destination, type Logger, pino } from "pino";

export type { Logger } from "pino";

/**
 * JSON lines on standard output. Values under these names never reach a log, whatever object carries them.
 */
const secretPaths = ["password", "token", "refreshToken", "accessToken", "authorization"].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);

/** A line waits this long at most, or until so many bytes are there: a write per line costs a busy gateway a tenth of its time. */
const flushEveryMs = 100;
const bufferBytes = 8_192;

/**
 * A service's logger; every line names the service and the instance. Lines are written in groups, the rest when the
 * process exits; a kill -9 may take the last tenth of a second of them. What must not get lost is in the audit, not here.
 */
export function openLogger(service: string, instance: string, level: string): Logger {
  const output = destination({ dest: 1, sync: false, minLength: bufferBytes });
  setInterval(() => output.flush(), flushEveryMs).unref();
  process.on("exit", () => output.flushSync());
  const children: WeakRef<Logger>[] = [];
  const log = pino(
    {
      level,
      onChild: (child) => children.push(new WeakRef(child)),
      base: { service, instance },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretPaths, censor: "[redacted]" },
    },
    output,
  );
  childrenOf.set(log, children);
  return log;
}

/** Children take their parent's level when they are made, and keep it. Few are made, for the life of the process. */
const childrenOf = new WeakMap<Logger, WeakRef<Logger>[]>();

/** Sets the level of a process's logger and of all that came out of it. */
export function setLogLevel(log: Logger, level: string): void {
  log.level = level;
  for (const child of childrenOf.get(log) ?? []) {
    const one = child.deref();
    if (one) one.level = level;
  }
}
