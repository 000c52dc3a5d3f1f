import type { WatchedProcess } from "@quartermaster/servers";

export type Report = (line: string) => void;

/** Keeps one process running until it is told to stop, or ends by itself in order where it may. */
export interface Supervised {
  readonly name: string;
  readonly pid: number | undefined;
  /** How often it ended without being asked to. */
  readonly endings: number;
  /** Starts it, and fails when the first start fails. */
  start(): Promise<void>;
  /** Sends a signal. A process that it kills is started again; one that ends in order after it stays ended where it may. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it, and leaves it ended until `start`. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** A crash costs 200 ms; one that repeats itself is tried more slowly, so that it does not eat the machine. */
const firstPauseMs = 200;
const longestPauseMs = 2_000;
/** A process that ran this long was well, and the next crash is a first one again. */
const steadyAfterMs = 10_000;

export function supervise(
  name: string,
  launch: () => Promise<WatchedProcess>,
  {
    report,
    onPid,
    mayEnd,
  }: {
    report: Report;
    onPid: (pid: number | undefined) => void;
    /** Exit code 0 is an end that somebody wanted, such as an operator's drain: it is left ended. */
    mayEnd: boolean;
  },
): Supervised {
  let wanted = false;
  let current: WatchedProcess | undefined;
  let launching: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let pauseMs = firstPauseMs;
  let endings = 0;

  const open = async () => {
    const startedAt = Date.now();
    const opened = await launch();
    current = opened;
    onPid(opened.pid);
    void opened.exited.then((how) => {
      onPid(undefined);
      if (current === opened) current = undefined;
      if (!wanted) return;
      if (mayEnd && how === "exit code 0") {
        wanted = false;
        report(`${name} has ended in order, and stays ended`);
        return;
      }
      endings += 1;
      if (Date.now() - startedAt > steadyAfterMs) pauseMs = firstPauseMs;
      again(how);
    });
    if (!wanted) await opened.stop();
  };

  const again = (how: string) => {
    report(`${name} ended (${how}); starting it again in ${pauseMs / 1000} s`);
    timer = setTimeout(() => {
      launching = open().catch((error: Error) => {
        if (wanted) again(error.message);
      });
    }, pauseMs);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  };

  return {
    name,
    get pid() {
      return current?.pid;
    },
    get endings() {
      return endings;
    },
    start: async () => {
      if (wanted) return;
      wanted = true;
      pauseMs = firstPauseMs;
      launching = open();
      await launching.catch((error: Error) => {
        wanted = false;
        throw error;
      });
    },
    signal: (signal) => current?.signal(signal),
    stop: async (signal) => {
      wanted = false;
      clearTimeout(timer);
      await launching.catch(() => undefined);
      if (signal !== undefined) current?.signal(signal);
      await current?.stop();
    },
  };
}
