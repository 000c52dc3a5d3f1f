import {
  Discard,
  Drain,
  Health,
  ListDeadLetters,
  Replay,
  type ServiceName,
  SetLogLevel,
  ShowConfig,
} from "@quartermaster/contracts";
import { type Logger, type ProcessConfig, setLogLevel, shownConfig } from "@quartermaster/process";
import type { z } from "zod";
import { countOpenLetters, decide, listDeadLetters, lockOpenLetter } from "./dead-letters";
import type { Handler } from "./handler";
import { replay } from "./holes";
import { acts, Declined, type OpsHandler, shows } from "./ops-handler";
import { requeueing } from "./requeue";
import { type Reader, sql } from "./sql";

/** The version of the platform, as every service tells it. */
export const version = "0.1.0";

interface Parts {
  service: ServiceName;
  config: ProcessConfig;
  configSchema: z.ZodObject;
  log: Logger;
  messages: readonly Handler[];
  isAtWork: () => boolean;
  /** Told when the process should end in order. */
  drain: () => void;
}

/** The verbs that every service serves. */
export function consoleOf(parts: Parts): OpsHandler[] {
  const { service, config, configSchema } = parts;
  const who = { service, instance: config.INSTANCE };
  return [
    shows(Health, async (db) => ({ ...who, ...(await healthOf(db, parts)) })),
    shows(ShowConfig, async () => ({ ...who, values: shownConfig(configSchema, config) })),
    settingLogLevel(parts),
    acts(Drain, async (tx) => {
      tx.afterCommit(parts.drain);
      return { answer: { ...who, draining: true as const }, entityId: who.instance, old: null, values: {} };
    }),
    shows(ListDeadLetters, listDeadLetters),
    requeueing(parts.messages),
    discarding,
    shows(Replay, replay),
  ];
}

const figuresRow = sql(
  "health",
  `select c.epoch, c.last_seq as said, case when r.epoch = c.epoch then r.seq else 0 end as published
   from event_counter c, relay r`,
);
const heardRows = sql(
  "health-heard",
  `select source, epoch, contiguous as "upTo" from heard order by source, epoch`,
);

async function healthOf(db: Reader, { log, isAtWork }: Pick<Parts, "log" | "isAtWork">) {
  const process_ = {
    version,
    uptimeSeconds: Math.floor(process.uptime()),
    atWork: isAtWork(),
    logLevel: log.level as z.infer<typeof Health.answer>["logLevel"],
  };
  try {
    const [figures, heard, openDeadLetters] = await Promise.all([
      db.rows<{ epoch: number; said: number; published: number }>(figuresRow),
      db.rows<{ source: string; epoch: number; upTo: number }>(heardRows),
      countOpenLetters(db),
    ]);
    const [events] = figures;
    return { ...process_, ready: true, openDeadLetters, heard, ...(events ? { events } : {}) };
  } catch (error) {
    log.warn({ err: error }, "the database does not answer");
    return { ...process_, ready: false };
  }
}

function settingLogLevel({ service, config, log }: Parts): OpsHandler {
  let goingBack: NodeJS.Timeout | undefined;
  const set = (level: string, forMs: number | undefined) => {
    clearTimeout(goingBack);
    setLogLevel(log, level);
    if (forMs === undefined) return;
    goingBack = setTimeout(() => {
      setLogLevel(log, config.LOG_LEVEL);
      log.info({ level: config.LOG_LEVEL }, "the log level is the configured one again");
    }, forMs).unref();
  };
  return acts(SetLogLevel, async (tx, { level, forSeconds }) => {
    const before = log.level as typeof level;
    const forMs = forSeconds === undefined ? undefined : forSeconds * 1_000;
    tx.afterCommit(() => set(level, forMs));
    const until = forMs === undefined ? null : new Date(Date.now() + forMs).toISOString();
    return {
      answer: { service, instance: config.INSTANCE, level, before, until },
      entityId: config.INSTANCE,
      old: { level: before },
      values: { level, until },
    };
  });
}

const discarding = acts(Discard, async (tx, { id, reason }, { actor }) => {
  const letter = await lockOpenLetter(tx, id);
  if (letter instanceof Declined) return letter;
  decide(tx, { id, state: "discarded", by: actor.name ?? actor.id, why: reason });
  return {
    answer: { id, state: "discarded" as const },
    entityId: id,
    old: { state: "open" },
    values: { state: "discarded", subject: letter.subject },
  };
});
