import type { ServiceName } from "@quartermaster/contracts";
import {
  type JetStreamManager,
  type MsgHdrs,
  type NatsConnection,
  NatsError,
  RetentionPolicy,
  StorageType,
} from "nats";
import { deadLetterStream, eventStream } from "./subjects";

const nanosPerMs = 1_000_000;
const dayMs = 86_400_000;
const askTimeoutMs = 5_000;
/** JetStream's code for what is not there. */
const notFound = 404;

/** How long the stream keeps events for whoever reads it. The outboxes keep them longer and can refill it. */
const eventsKeptDays = 7;
/**
 * Nats-Msg-Ids are remembered this long by the server, in memory: a window that the relay publishes again is dropped within
 * it. Behind it receivers know the events by their numbers.
 */
const duplicateWindowMs = 30_000;

/**
 * Creates the streams where they are missing; existing ones stay as their operators set them, but that the relays may ask
 * for their own last event directly (`allow_direct`).
 */
export async function ensureStreams(nats: NatsConnection, replicas: number): Promise<JetStreamManager> {
  const manager = await nats.jetstreamManager({ timeout: askTimeoutMs, checkAPI: false });
  await ensure(manager, eventStream, "evt.>", replicas);
  await ensure(manager, deadLetterStream, "dlq.>", replicas);
  return manager;
}

async function ensure(
  manager: JetStreamManager,
  name: string,
  subject: string,
  replicas: number,
): Promise<void> {
  try {
    const { config } = await manager.streams.info(name);
    if (!config.allow_direct) await manager.streams.update(name, { allow_direct: true });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await manager.streams.add({
      name,
      subjects: [subject],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      max_age: eventsKeptDays * dayMs * nanosPerMs,
      duplicate_window: duplicateWindowMs * nanosPerMs,
      num_replicas: replicas,
      allow_direct: true,
    });
  }
}

/**
 * The headers of a service's last event in the stream, or undefined. Asked for directly, because the subject is then part of
 * what is asked: nobody is let to read another's events this way.
 */
export async function lastEventOf(nats: NatsConnection, service: ServiceName): Promise<MsgHdrs | undefined> {
  const subject = `$JS.API.DIRECT.GET.${eventStream}.evt.${service}.>`;
  const { headers } = await nats.request(subject, "", { timeout: askTimeoutMs });
  return headers?.code === notFound ? undefined : headers;
}

/** JetStream's "stream, consumer or message not found", as an error. */
export function isNotFound(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.code === notFound;
}
