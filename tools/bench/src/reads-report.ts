import { median } from "./statistics";

/** Who answers a read: the platform's gateway, or the bare endpoint of bench/reads. */
export const readers = ["quartermaster", "bare"] as const;
export type Reader = (typeof readers)[number];

/** One measured load of reads. */
export interface ReadMeasurement {
  readonly endpoint: string;
  readonly reader: Reader;
  readonly round: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers other than 200, by status. */
  readonly others: Readonly<Record<string, number>>;
  readonly errors: number;
}

type ReadFigures = Pick<ReadMeasurement, "requestsPerSecond" | "p50Ms" | "p99Ms">;

/** Medians over the rounds. */
export interface ReadSummary {
  readonly endpoint: string;
  readonly quartermaster: ReadFigures;
  readonly bare: ReadFigures;
  /** The platform's requests a second over the bare endpoint's. */
  readonly ratio: number;
}

export function summariseReads(measurements: readonly ReadMeasurement[]): ReadSummary[] {
  const endpoints = [...new Set(measurements.map((each) => each.endpoint))];
  return endpoints.map((endpoint) => {
    const figuresOf = (reader: Reader): ReadFigures => {
      const mine = measurements.filter((each) => each.endpoint === endpoint && each.reader === reader);
      return {
        requestsPerSecond: median(mine.map((each) => each.requestsPerSecond)),
        p50Ms: median(mine.map((each) => each.p50Ms)),
        p99Ms: median(mine.map((each) => each.p99Ms)),
      };
    };
    const [quartermaster, bare] = [figuresOf("quartermaster"), figuresOf("bare")];
    return { endpoint, quartermaster, bare, ratio: quartermaster.requestsPerSecond / bare.requestsPerSecond };
  });
}

/** As text for the terminal. */
export function readTable(summaries: readonly ReadSummary[]): string {
  const lines = summaries.map(({ endpoint, quartermaster, bare, ratio }) =>
    row([
      endpoint,
      ...[quartermaster, bare].flatMap((each) => [
        each.requestsPerSecond.toFixed(0),
        `${each.p50Ms.toFixed(1)} / ${each.p99Ms.toFixed(1)}`,
      ]),
      ratio.toFixed(2),
    ]),
  );
  const heads = ["", "(a) requests/s", "p50 / p99 ms", "bare requests/s", "p50 / p99 ms", "a/bare"];
  return ["Reads: Quartermaster (a) and a bare Express + pg endpoint", row(heads), ...lines].join("\n");
}

function row(cells: readonly string[]): string {
  return `  ${cells.map((cell, index) => (index === 0 ? cell.padEnd(30) : cell.padStart(17))).join("")}`;
}
