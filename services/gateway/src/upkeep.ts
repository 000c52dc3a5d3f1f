import type { Reader, RunningService } from "@quartermaster/messaging";
import type { Logger } from "@quartermaster/process";
import type { KeySet } from "./auth/key-set";
import type { Readiness } from "./http/operations";
import { forgetOldKeys } from "./store/idempotency-keys";

const keysEveryMs = 60_000;
const keysRetryMs = 500;
const forgetEveryMs = 10 * 60_000;
/** Probes of several balancers share one look at the database. */
const databaseCheckedForMs = 500;

type Stop = () => void;

/** Reads identity's keys until it has them, then now and then, so that withdrawn ones are dropped. */
export function keepKeysFresh(keys: KeySet, log: Logger): Stop {
  return repeat(async () => {
    try {
      await keys.refresh();
      return keysEveryMs;
    } catch (error) {
      log.debug({ err: error }, "identity's keys could not be read");
      return keys.published() ? keysEveryMs : keysRetryMs;
    }
  });
}

/** Deletes idempotency keys that are older than a day. */
export function keepForgetting(db: Reader, log: Logger): Stop {
  return repeat(async () => {
    try {
      const gone = await forgetOldKeys(db);
      if (gone > 0) log.debug({ gone }, "old idempotency keys deleted");
    } catch (error) {
      log.warn({ err: error }, "old idempotency keys could not be deleted");
    }
    return forgetEveryMs;
  });
}

function repeat(work: () => Promise<number>): Stop {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const turn = async () => {
    const pauseMs = await work();
    if (stopped) return;
    timer = setTimeout(() => void turn(), pauseMs);
    timer.unref();
  };
  void turn();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** Ready means: NATS and the database are there, and tokens can be verified. */
export function readinessOf(service: RunningService, keys: KeySet): Readiness {
  let checked: { at: number; ok: Promise<boolean> } | undefined;
  const database = () => {
    if (!checked || Date.now() - checked.at > databaseCheckedForMs) {
      const ok = service.db.rows({ text: "select 1" }).then(
        () => true,
        () => false,
      );
      checked = { at: Date.now(), ok };
    }
    return checked.ok;
  };
  return async () => ({
    nats: service.isConnected(),
    database: await database(),
    keys: keys.published() !== undefined,
  });
}
