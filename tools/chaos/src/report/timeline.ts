/** One second of a run. Latencies in milliseconds; null where nothing ended. */
export interface Second {
  readonly second: number;
  readonly answered: number;
  readonly unanswered: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

interface Ended {
  readonly at: number;
  readonly ms: number;
  readonly answered: boolean;
}

/** Requests by the second in which they ended, from `startedAt` (milliseconds) on, empty seconds included. */
export function timelineOf(samples: readonly Ended[], startedAt: number): Second[] {
  const bySecond = new Map<number, Ended[]>();
  for (const sample of samples) {
    const second = Math.floor((sample.at - startedAt) / 1_000);
    const others = bySecond.get(second);
    if (others) others.push(sample);
    else bySecond.set(second, [sample]);
  }
  const last = Math.max(-1, ...bySecond.keys());
  return Array.from({ length: last + 1 }, (_, second) => secondOf(second, bySecond.get(second) ?? []));
}

function secondOf(second: number, ended: readonly Ended[]): Second {
  const answered = ended.filter((one) => one.answered);
  const latencies = answered.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    second,
    answered: answered.length,
    unanswered: ended.length - answered.length,
    p50Ms: percentile(latencies, 50),
    p99Ms: percentile(latencies, 99),
  };
}

/** The nearest-rank percentile (1 to 100) of values in ascending order; null of none. */
export function percentile(sorted: readonly number[], rank: number): number | null {
  const place = Math.ceil((rank / 100) * sorted.length) - 1;
  return sorted[Math.max(0, place)] ?? null;
}
