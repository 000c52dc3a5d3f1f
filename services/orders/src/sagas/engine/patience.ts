// 2, 4, 8, 15, 15 ... s: a participant that was away for a moment is asked again within seconds, one that is away for
// an hour costs four messages a minute and saga, and no saga waits longer than 19 s after the fault has ended.
const firstMs = 2_000;
const longestMs = 15_000;

/** Attempts after which a message that does not get through is shown to operators as stuck: some two minutes. */
export const stuckAfterAttempts = 10;

/**
 * How long the answer to attempt number `attempt` is awaited before the same message is sent again. The jitter (up to a
 * quarter) comes out of the saga's id, so that the engine stays a function and sagas that failed together fall apart.
 */
export function patienceMs(id: string, attempt: number): number {
  const backoff = Math.min(firstMs * 2 ** (attempt - 1), longestMs);
  const dice = (Number.parseInt(id.slice(-6), 16) * (attempt + 1) * 2_654_435_761) % 1_000;
  return Math.round(backoff * (1 + dice / 4_000));
}
