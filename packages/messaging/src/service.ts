import type { ServiceName } from "@quartermaster/contracts";
import { type BaseConfig, type Logger, openMetrics, openPool, serveMetrics } from "@quartermaster/process";
import type { NatsConnection, Service } from "nats";
import type { Pool } from "pg";
import type { Registry } from "prom-client";
import { type Asker, askerOver } from "./asker";
import { type CommandLane, commandLane } from "./commands";
import { type Connected, connectNats } from "./connection";
import { listDeadLetters } from "./dead-letters";
import { serveCommand, serveQuery } from "./endpoint";
import type { CommandHandler, EventHandler, Handler, QueryHandler } from "./handler";
import { startHearing } from "./hearing";
import { ReplayAsk, replay } from "./holes";
import { inboxRetentionDays, settleReplies, storedReply } from "./inbox";
import { commandLaneLimits, Lane } from "./lane";
import { watchLanes } from "./lane-metrics";
import { serveOps } from "./ops";
import { type SaidWith, say } from "./outbox";
import type { Done, Refused } from "./outcome";
import { Relay } from "./relay";
import { inTransaction, type Reader, readerOf, sql, type Tx } from "./sql";
import { Waiters } from "./waiters";

/** How often the partitions of inbox and outbox are looked after; an outbox partition holds far more than this long. */
const partitionsEveryMs = 60_000;

/** A service that is up: what its own code may use beside its handlers. */
export interface RunningService {
  readonly db: Reader;
  readonly nats: NatsConnection;
  readonly asker: Asker;
  readonly metrics: Registry;
  isConnected(): boolean;
  /** One transaction with the events that it says. For handlers there is nothing to call: they are inside one. */
  inTransaction<Result>(
    work: (tx: Tx) => Promise<{ result: Result; said: readonly SaidWith[] }>,
  ): Promise<Result>;
  /** Natural batching and the one transaction for items that are no commands, such as replies to a saga. */
  lane<Item, Result>(parts: {
    name: string;
    sizeMax: number;
    run: (tx: Tx, items: Item[]) => Promise<{ results: Result[]; said: readonly SaidWith[] }>;
  }): (item: Item) => Promise<Result>;
  /** Stores the replies of accepted commands, and answers whoever waits once the transaction is committed. */
  settle(tx: Tx, settled: readonly { id: string; outcome: Done | Refused }[]): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a service: opens database and NATS, serves its commands and queries, relays its events, hears others', and
 * answers the operators. Resolves when all of it is up; waits for NATS as long as it takes.
 */
export async function startService(parts: {
  service: ServiceName;
  config: BaseConfig;
  log: Logger;
  messages: readonly Handler[];
  /** Called first when the service stops, before its lanes are drained. */
  beforeStop?: () => Promise<void>;
}): Promise<RunningService> {
  const { service, config, log } = parts;
  const pool = openPool(config.DATABASE_URL, {
    max: config.DATABASE_POOL_MAX,
    name: `${service}/${config.INSTANCE}`,
    onError: (error) => log.warn({ err: error }, "an idle database connection broke"),
  });
  const db = readerOf(pool);
  await keepPartitions(db);
  const nats = await connectNats(service, config, log);
  const metrics = openMetrics(service, config.INSTANCE);
  const parted = { pool, db, nats, log, metrics, service, config };
  const relay = new Relay({ service, pool, nats: nats.connection, log, replicas: config.NATS_REPLICAS });
  nats.onReconnect(() => relay.reconnected());
  const waiters = new Waiters(db, log);
  const lanes: Lane<never, unknown>[] = [];
  const served = await serveMessages(parted, parts.messages, relay, waiters, lanes);
  const hearing = startHearing({
    service,
    handlers: parts.messages.filter((one): one is EventHandler => one.kind === "event"),
    pool,
    nats: nats.connection,
    log,
    replicas: config.NATS_REPLICAS,
    onSaid: () => relay.wake(),
  });
  watchLanes(metrics, lanes);
  const partitions = setInterval(() => {
    keepPartitions(db).catch((error) => log.error({ err: error }, "partitions could not be kept"));
  }, partitionsEveryMs);
  const http =
    config.METRICS_PORT === undefined
      ? undefined
      : await serveMetrics({ port: config.METRICS_PORT, registry: metrics, isReady: nats.isConnected });

  return {
    db,
    nats: nats.connection,
    asker: askerOver(nats.connection, nats.isConnected),
    metrics,
    isConnected: nats.isConnected,
    inTransaction: (work) =>
      inTransaction(pool, async (tx) => {
        const { result, said } = await work(tx);
        await say(tx, said);
        if (said.length > 0) tx.afterCommit(() => relay.wake());
        return result;
      }),
    lane: (one) => {
      const lane = itemLane(pool, log, one, () => relay.wake());
      lanes.push(lane as unknown as Lane<never, unknown>);
      return (item) => lane.push(item);
    },
    settle: async (tx, settled) => {
      const replies = settled.map(({ id, outcome }) => ({
        id,
        reply: storedReply(outcome) as NonNullable<ReturnType<typeof storedReply>>,
      }));
      await settleReplies(tx, replies);
      tx.afterCommit(() => {
        for (const one of replies) waiters.tell(one.id, one.reply);
      });
    },
    stop: async () => {
      clearInterval(partitions);
      await served.stop();
      await parts.beforeStop?.();
      await hearing.stop();
      await Promise.all(lanes.map((lane) => lane.idle()));
      waiters.stop();
      await relay.stop();
      http?.close();
      await nats.close();
      await pool.end();
    },
  };
}

function itemLane<Item, Result>(
  pool: Pool,
  log: Logger,
  parts: {
    name: string;
    sizeMax: number;
    run: (tx: Tx, items: Item[]) => Promise<{ results: Result[]; said: readonly SaidWith[] }>;
  },
  onSaid: () => void,
): Lane<Item, Result> {
  return new Lane<Item, Result>({
    name: parts.name,
    limits: { ...commandLaneLimits, sizeMax: parts.sizeMax },
    log,
    run: (items) =>
      inTransaction(pool, async (tx) => {
        const { results, said } = await parts.run(tx, items);
        await say(tx, said);
        if (said.length > 0) tx.afterCommit(onSaid);
        return results;
      }),
    poisoned: async (_item, error) => {
      throw error;
    },
  });
}

interface Served {
  stop(): Promise<void>;
}

async function serveMessages(
  parts: {
    pool: Pool;
    db: Reader;
    nats: Connected;
    log: Logger;
    metrics: Registry;
    service: ServiceName;
    config: BaseConfig;
  },
  messages: readonly Handler[],
  relay: Relay,
  waiters: Waiters,
  lanes: Lane<never, unknown>[],
): Promise<Served> {
  const { pool, db, log, service, config } = parts;
  const served: Service = await parts.nats.connection.services.add({
    name: service,
    version: "0.1.0",
    description: `Quartermaster ${service}`,
    metadata: { instance: config.INSTANCE },
    queue: service,
  });
  for (const handler of messages.filter((one): one is CommandHandler => one.kind === "command")) {
    const lane: CommandLane = commandLane({ handler, pool, log, onSaid: () => relay.wake() });
    lanes.push(lane as unknown as Lane<never, unknown>);
    serveCommand(served, { handler, lane, waiters, log });
  }
  for (const handler of messages.filter((one): one is QueryHandler => one.kind === "query")) {
    serveQuery(served, { handler, db, log });
  }
  serveOps(
    served,
    { service, log },
    {
      health: async () => ({
        service,
        instance: config.INSTANCE,
        ready: (await db.rows(sql("ping", "select 1"))).length === 1,
        uptimeSeconds: Math.round(process.uptime()),
      }),
      replay: (ask) => replay(db, ReplayAsk.parse(ask)),
      "dead-letters": async () => ({ data: await listDeadLetters(db, 100) }),
    },
  );
  return { stop: async () => void (await served.stop()) };
}

async function keepPartitions(db: Reader): Promise<void> {
  await db.rows(sql("keep-partitions", "select keep_partitions(make_interval(days => $1))"), [
    inboxRetentionDays,
  ]);
}
