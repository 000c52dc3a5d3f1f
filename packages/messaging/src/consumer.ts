import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "@quartermaster/process";
import {
  AckPolicy,
  type Consumer,
  ConsumerEvents,
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamManager,
  type JsMsg,
  type NatsConnection,
} from "nats";
import { ensureStreams, isNotFound } from "./stream";
import { type DurableConsumer, eventStream } from "./subjects";

/** Messages asked for at once, and unacknowledged at most: four natural batches. */
const pullMax = 1_000;
const ackPendingMax = 2_000;
const ackWaitMs = 30_000;
const pullExpiresMs = 5_000;
const restartMs = 500;
const nanosPerMs = 1_000_000;

export interface Supervised {
  stop(): Promise<void>;
}

interface Parts extends DurableConsumer {
  nats: NatsConnection;
  log: Logger;
  replicas: number;
  /** Takes a message, and acknowledges it and those before it when their effect is durable. */
  arrived(msg: JsMsg): Promise<void>;
}

/**
 * Keeps a durable pull consumer going, created from code. One whose stream or consumer vanished only says so on its
 * status; whatever it says there ends the round, and the next one makes what is missing.
 */
export function supervise(parts: Parts): Supervised {
  const stopping = new AbortController();
  let messages: ConsumerMessages | undefined;
  const run = async () => {
    while (!stopping.signal.aborted) {
      try {
        messages = await open(parts);
        if (stopping.signal.aborted) break;
        void watch(parts, messages);
        const error = await messages.closed();
        if (error) throw error;
      } catch (error) {
        if (!stopping.signal.aborted)
          parts.log.warn({ err: error, consumer: parts.durable }, "consumer starts afresh");
      }
      await wait(restartMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    messages?.stop();
  };
  const ended = run();
  return {
    stop: async () => {
      stopping.abort();
      messages?.stop();
      await ended;
    },
  };
}

async function open(parts: Parts): Promise<ConsumerMessages> {
  const manager = await ensureStreams(parts.nats, parts.replicas);
  await ensureConsumer(manager, parts);
  const consumer: Consumer = await parts.nats.jetstream().consumers.get(eventStream, parts.durable);
  return consumer.consume({
    max_messages: pullMax,
    expires: pullExpiresMs,
    idle_heartbeat: pullExpiresMs / 2,
    callback: (msg) => {
      parts.arrived(msg).catch((error) => {
        // Those behind it may be acknowledged, and then speak for it too: its number is missing, so it comes again as a hole.
        parts.log.warn({ err: error, consumer: parts.durable }, "event not taken; it will come again");
      });
    },
  });
}

async function ensureConsumer(manager: JetStreamManager, parts: Parts): Promise<void> {
  try {
    const consumer = await manager.consumers.info(eventStream, parts.durable);
    const stream = await manager.streams.info(eventStream);
    // A stream that was rolled back behind its consumer would have it skip whatever is stored under the old numbers.
    const isAhead = consumer.delivered.stream_seq > stream.state.last_seq;
    if (!isAhead && consumer.config.ack_policy === AckPolicy.All) return;
    parts.log.warn({ consumer: parts.durable, isAhead }, "consumer does not fit its stream; made anew");
    await manager.consumers.delete(eventStream, parts.durable);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  await manager.consumers.add(eventStream, {
    durable_name: parts.durable,
    filter_subject: parts.filter,
    ack_policy: AckPolicy.All,
    ack_wait: ackWaitMs * nanosPerMs,
    max_ack_pending: ackPendingMax,
    deliver_policy: DeliverPolicy.All,
  });
}

const ending = new Set<ConsumerEvents>([
  ConsumerEvents.HeartbeatsMissed,
  ConsumerEvents.ConsumerDeleted,
  ConsumerEvents.ConsumerNotFound,
  ConsumerEvents.StreamNotFound,
]);

async function watch(parts: Parts, messages: ConsumerMessages): Promise<void> {
  for await (const status of await messages.status()) {
    if (!ending.has(status.type as ConsumerEvents)) continue;
    parts.log.warn({ status, consumer: parts.durable }, "consumer is lost");
    messages.stop();
    return;
  }
}
