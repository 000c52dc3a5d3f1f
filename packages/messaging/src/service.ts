import { setTimeout as wait } from "node:timers/promises";
import type { Asker, ServiceName } from "@quartermaster/contracts";
import { type Logger, openMetrics, openPool, ProcessConfig, serveMetrics } from "@quartermaster/process";
import type { NatsConnection } from "nats";
import type { Registry } from "prom-client";
import type { z } from "zod";
import { askerOver } from "./asker";
import { connectNats } from "./connection";
import { type DeadLetter, publishLetter } from "./dead-letters";
import { isFault } from "./fault";
import type { Handler } from "./handler";
import { startHearing } from "./hearing";
import { decidedReply, inboxRetentionDays, settleReplies } from "./inbox";
import { commandLaneLimits, Lane } from "./lane";
import { watchLanes, watchLeadership } from "./lane-metrics";
import { Leadership } from "./leadership";
import type { SaidWith } from "./outbox";
import type { Done, Refused } from "./outcome";
import { Relay } from "./relay";
import { serveMessages } from "./serve-messages";
import { type Reader, readerOf, sql, type Tx } from "./sql";
import { optimistically, type Transact, transactOn } from "./transact";
import { UnderWay } from "./under-way";
import { Waiters } from "./waiters";

/** How often the partitions of inbox and outbox are looked after; an outbox partition holds far more than this long. */
const partitionsEveryMs = 60_000;
const databaseRetryMs = 500;
/** How long a stopping instance waits for its last answers: the longest wait of the gateway's turns, and as much again. */
const answersPatienceMs = 5_000;
const keepPartitionsCall = sql("keep-partitions", "select keep_partitions(make_interval(days => $1))");

/** What a lane does with a batch of items of its own. */
export interface ItemLane<Item, Result> {
  name: string;
  sizeMax: number;
  /** Attempts of a batch at a fault before its items are answered with it. Default: as many as a batch of commands gets. */
  attemptsMax?: number;
  run: RunItems<Item, Result>;
  /** Tried before `run` where it is given; where the server fails it by `assume`, it is rolled back and `run` does it. */
  optimistic?: RunItems<Item, Result>;
}

type RunItems<Item, Result> = (
  tx: Tx,
  items: Item[],
) => Promise<{ results: Result[]; said: readonly SaidWith[] }>;

/** A service that is up: what its own code may use beside its handlers. */
export interface RunningService {
  readonly db: Reader;
  readonly nats: NatsConnection;
  readonly asker: Asker;
  readonly metrics: Registry;
  isConnected(): boolean;
  /** Whether this instance takes the service's commands: see Leadership. */
  isAtWork(): boolean;
  /** One transaction with the events that it says. For handlers there is nothing to call: they are inside one. */
  inTransaction<Result>(
    work: (tx: Tx) => Promise<{ result: Result; said: readonly SaidWith[] }>,
  ): Promise<Result>;
  /** Natural batching and the one transaction for items that are no commands, such as replies to a saga. */
  lane<Item, Result>(parts: ItemLane<Item, Result>): (item: Item) => Promise<Result>;
  /** Stores the replies of accepted commands, and answers whoever waits once the transaction is committed. */
  settle(tx: Tx, settled: readonly { id: string; outcome: Done | Refused }[]): Promise<void>;
  /** Resolves when an operator has asked this instance to drain; whoever runs it then stops it. */
  readonly drained: Promise<void>;
  /** Resolves when nothing is served any more, for want of a right; whoever runs it then ends the process. */
  readonly failed: Promise<Error>;
  /** Takes nothing new, answers what it holds, and closes all that was opened. */
  stop(): Promise<void>;
}

/**
 * Starts a service: opens database and NATS, serves its commands and queries, relays its events, hears others', and
 * answers the operators. Resolves when all of it is up; waits for NATS as long as it takes.
 */
export async function startService(parts: {
  service: ServiceName;
  config: ProcessConfig;
  log: Logger;
  messages: readonly Handler[];
  /** Of the whole configuration: what it does not declare is not shown to operators. Default: what every service reads. */
  configSchema?: z.ZodObject;
  /** Called when the service stops: nothing new comes in any more, its lanes still run. */
  beforeStop?: () => Promise<void>;
}): Promise<RunningService> {
  const { service, config, log, messages } = parts;
  const { pool, reads } = openPools(service, config, log);
  const db = readerOf(reads);
  const partitions = await keepPartitions(db, log);
  const nats = await connectNats(service, config, log);
  const metrics = openMetrics(service, config.INSTANCE);
  const leadership = new Leadership({ pool, log, isConnected: nats.isConnected });
  const connected = { service, pool, nats: nats.connection, log, replicas: config.NATS_REPLICAS, leadership };
  const relay = new Relay(connected);
  nats.onReconnect(() => relay.reconnected());
  const transact = transactOn(pool, (rows) => relay.wake(rows));
  const waiters = new Waiters(db, log);
  const lanes: AnyLane[] = [];
  const onParked = (letter: DeadLetter) => publishLetter(nats.connection, service, letter);
  const underWay = new UnderWay();
  const drain = signal();
  const speaking = { ...connected, transact, onParked };
  const configSchema = parts.configSchema ?? ProcessConfig;
  const isAtWork = () => config.COMMANDS_BY === "all" || leadership.isAtWork;
  const served = await serveMessages(
    { ...speaking, config, configSchema, db, waiters, underWay, lanes, isAtWork, drain: drain.give },
    messages,
  );
  const handlers = messages.filter((one) => one.kind === "event");
  const hearing = startHearing({ ...speaking, handlers });
  watchLanes(metrics, lanes);
  watchLeadership(metrics, leadership);
  if (config.COMMANDS_BY === "all") await served.takeCommands(true);
  else leadership.onChange(served.takeCommands);
  await leadership.start();
  const http = await openHttp(config, metrics, nats.isConnected);
  return {
    db,
    nats: nats.connection,
    asker: askerOver(nats),
    metrics,
    isConnected: nats.isConnected,
    isAtWork,
    inTransaction: transact,
    lane: (one) => {
      const lane = itemLane(transact, log, one);
      lanes.push(lane as unknown as AnyLane);
      return (item) => lane.push(item);
    },
    settle: (tx, settled) => settle(tx, waiters, settled),
    drained: drain.given,
    failed: served.failed,
    stop: async () => {
      partitions.stop();
      leadership.stepDown();
      await served.stop();
      // Sagas go on meanwhile, so that who waits for one gets its end and not a "later".
      await underWay.none(answersPatienceMs);
      await parts.beforeStop?.();
      await hearing.stop();
      await Promise.all(lanes.map((lane) => lane.idle()));
      waiters.stop();
      await underWay.none(answersPatienceMs);
      await relay.stop();
      await leadership.stop();
      http?.close();
      await nats.close();
      await Promise.all([pool.end(), reads.end()]);
    },
  };
}

/** Queries have connections of their own: their plans are free, and they do not keep commands waiting. */
function openPools(service: ServiceName, config: ProcessConfig, log: Logger) {
  const { DATABASE_URL: url, DATABASE_POOL_MAX: max, INSTANCE } = config;
  const onError = (error: Error) => log.warn({ err: error }, "an idle database connection broke");
  const name = `${service}/${INSTANCE}`;
  return {
    pool: openPool(url, { max, name, byKey: true, writes: "in-transactions", onError }),
    reads: openPool(url, { max: Math.ceil(max / 2), name: `${name}/reads`, onError }),
  };
}

/** A promise, and what resolves it. */
function signal(): { given: Promise<void>; give: () => void } {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}

type AnyLane = Lane<never, unknown>;

function itemLane<Item, Result>(
  transact: Transact,
  log: Logger,
  parts: ItemLane<Item, Result>,
): Lane<Item, Result> {
  return new Lane<Item, Result>({
    name: parts.name,
    limits: {
      ...commandLaneLimits,
      sizeMax: parts.sizeMax,
      attemptsMax: parts.attemptsMax ?? commandLaneLimits.attemptsMax,
    },
    log,
    run: (items) => {
      const by = (run: RunItems<Item, Result>) => async (tx: Tx) => {
        const { results, said } = await run(tx, items);
        return { result: results, said };
      };
      return optimistically(transact, {
        optimistic: by(parts.optimistic ?? parts.run),
        careful: by(parts.run),
      });
    },
    poisoned: async (_item, error) => {
      throw error;
    },
  });
}

async function settle(
  tx: Tx,
  waiters: Waiters,
  settled: readonly { id: string; outcome: Done | Refused }[],
): Promise<void> {
  const replies = settled.map(({ id, outcome }) => ({ id, reply: decidedReply(outcome) }));
  settleReplies(tx, replies);
  tx.afterCommit(() => {
    for (const one of replies) waiters.tell(one.id, one.reply);
  });
}

async function openHttp(config: ProcessConfig, registry: Registry, isReady: () => boolean) {
  const port = config.METRICS_PORT;
  return port === undefined ? undefined : await serveMetrics({ port, registry, isReady });
}

async function keepPartitions(db: Reader, log: Logger): Promise<{ stop(): void }> {
  const keep = () => db.rows(keepPartitionsCall, [inboxRetentionDays]);
  await onceThere(keep, log);
  const timer = setInterval(() => {
    keep().catch((error) => log.error({ err: error }, "partitions could not be kept"));
  }, partitionsEveryMs);
  return { stop: () => clearInterval(timer) };
}

/** Does the first thing that needs the database, waiting for a server that is still starting as long as it takes. */
async function onceThere(work: () => Promise<unknown>, log: Logger): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (!isFault(error)) throw error;
      log.warn({ err: error }, "waiting for the database");
      await wait(databaseRetryMs);
    }
  }
}
