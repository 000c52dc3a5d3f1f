import { type JetStreamManager, type NatsConnection, NatsError, RetentionPolicy, StorageType } from "nats";

export const eventStream = "EVENTS";
export const deadLetterStream = "DEAD_LETTERS";

const nanosPerMs = 1_000_000;
const dayMs = 86_400_000;

/** How long the stream keeps events for whoever reads it. The outboxes keep them longer and can refill it. */
const eventsKeptDays = 7;
/**
 * Nats-Msg-Ids are remembered this long by the server, in memory: a window that the relay publishes again is dropped within
 * it. Behind it receivers know the events by their numbers.
 */
const duplicateWindowMs = 30_000;

/** Creates the streams where they are missing; existing ones stay as their operators set them. */
export async function ensureStreams(nats: NatsConnection, replicas: number): Promise<JetStreamManager> {
  const manager = await nats.jetstreamManager({ timeout: 5_000, checkAPI: false });
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
    await manager.streams.info(name);
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
    });
  }
}

/** JetStream's "stream, consumer or message not found". */
export function isNotFound(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.code === 404;
}
