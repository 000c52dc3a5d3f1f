import autocannon, { type Client } from "autocannon";
import { percentile } from "./statistics";

export interface HttpLoadOptions {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** The status of an answer that counts. */
  readonly wanted: number;
  /** Gives each connection its requests. */
  readonly prepare: (client: Client) => void;
}

export interface HttpLoadResult {
  /** Answers with the wanted status. */
  readonly answered: number;
  /** Any other answer, by status. */
  readonly others: Readonly<Record<string, number>>;
  /** Connections lost and requests without an answer. */
  readonly errors: number;
  readonly seconds: number;
  /** Of each wanted answer, in milliseconds. */
  readonly answeredMs: readonly number[];
}

export type HttpLoadFigures = Omit<HttpLoadResult, "answeredMs"> & {
  readonly p50Ms: number;
  readonly p99Ms: number;
};

/** Longer than any answer of a healthy server takes. */
const timeoutSeconds = 30;

/** Offers requests for so many seconds: each connection sends its next one as soon as it has its answer. */
export async function offer(options: HttpLoadOptions): Promise<HttpLoadResult> {
  // Autocannon's own histogram counts whole milliseconds, too coarse for one connection.
  const answeredMs: number[] = [];
  const startedAt = performance.now();
  const result = await autocannon({
    url: options.url,
    connections: options.connections,
    duration: options.seconds,
    timeout: timeoutSeconds,
    setupClient: (client) => {
      client.on("response", (status, _bytes, ms) => {
        if (status === options.wanted) answeredMs.push(ms);
      });
      options.prepare(client);
    },
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const statuses = (result as unknown as { statusCodeStats?: Record<string, { count: number }> })
    .statusCodeStats;
  const others = Object.entries(statuses ?? {}).filter(([status]) => status !== `${options.wanted}`);
  return {
    answered: answeredMs.length,
    others: Object.fromEntries(others.map(([status, { count }]) => [status, Number(count)])),
    errors: result.errors,
    seconds,
    answeredMs,
  };
}

/** The figures of loads that were offered at the same time, as of one. */
export function together(results: readonly HttpLoadResult[]): HttpLoadFigures {
  const sum = (pick: (each: HttpLoadResult) => number) =>
    results.reduce((total, each) => total + pick(each), 0);
  const others: Record<string, number> = {};
  for (const result of results)
    for (const [status, count] of Object.entries(result.others))
      others[status] = (others[status] ?? 0) + count;
  const answeredMs = results.flatMap((each) => each.answeredMs);
  return {
    answered: sum((each) => each.answered),
    others,
    errors: sum((each) => each.errors),
    seconds: Math.max(...results.map((each) => each.seconds)),
    p50Ms: percentile(answeredMs, 0.5),
    p99Ms: percentile(answeredMs, 0.99),
  };
}
