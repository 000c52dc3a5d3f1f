import { setTimeout as pause } from "node:timers/promises";

/** Asks until the answer is neither undefined nor false. Returns undefined when it was not so within the time. */
export async function poll<T>(
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs: number,
  everyMs = 20,
): Promise<T | undefined> {
  const end = Date.now() + withinMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() >= end) return undefined;
    await pause(everyMs);
  }
}
