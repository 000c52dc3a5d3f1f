import type { MemoryMb } from "./memory";
import { totalMb } from "./memory";
import type { ReadSummary } from "./reads-report";
import type { Summary } from "./report";
import type { Shape, TargetName } from "./settings";

/** A target of the platform beside what was measured. */
export interface Verdict {
  readonly claim: string;
  readonly wanted: string;
  readonly measured: string;
  /** Undefined when it was not measured. */
  readonly reached: boolean | undefined;
}

interface Bound {
  readonly claim: string;
  readonly value: number | undefined;
  /** How many decimals are shown and compared: what is shown is what counts. */
  readonly decimals?: number;
  readonly unit?: string;
}

export function atLeast(least: number, bound: Bound): Verdict {
  return verdict(bound, "at least", least, (value) => value >= least);
}

export function atMost(most: number, bound: Bound): Verdict {
  return verdict(bound, "at most", most, (value) => value <= most);
}

function verdict(bound: Bound, words: string, limit: number, isFine: (value: number) => boolean): Verdict {
  const { claim, value, decimals = 2, unit = "" } = bound;
  const text = (number: number) => `${number.toFixed(decimals)}${unit && ` ${unit}`}`;
  const wanted = `${words} ${text(limit)}`;
  if (value === undefined || !Number.isFinite(value))
    return { claim, wanted, measured: "not measured", reached: undefined };
  return { claim, wanted, measured: text(value), reached: isFine(Number(value.toFixed(decimals))) };
}

export interface Figures {
  readonly summaries: readonly Summary[];
  readonly reads: readonly ReadSummary[];
  /** Of the six services, when the loads were over. */
  readonly memory: MemoryMb | undefined;
}

/** Of the services together, in MB. */
export const memoryMbMax = 700;
/** The audit must keep up with the load, not catch up after it. */
export const settleMsMax = 5_000;

/** The targets that one run of `make bench` measures, in the order of the table. */
export function verdictsOf({ summaries, reads, memory }: Figures): Verdict[] {
  const find = (target: TargetName, shape: Shape) =>
    summaries.find((each) => each.target === target && each.shape === shape);
  const ratio = (shape: Shape, under: TargetName, pick: (each: Summary) => number) => {
    const [a, b] = [find("quartermaster", shape), find(under, shape)];
    return a && b && pick(b) > 0 ? pick(a) / pick(b) : undefined;
  };
  const rate = (each: Summary) => each.ordersPerSecond;
  const settled = summaries.filter((each) => each.target === "quartermaster").map((each) => each.settleMs);
  return [
    atLeast(2, { claim: "orders/s, spread, of the monolith's", value: ratio("spread", "monolith", rate) }),
    atLeast(0.55, { claim: "orders/s, spread, of bare SQL's", value: ratio("spread", "pgbench", rate) }),
    atMost(1, {
      claim: "p99, spread, of the monolith's",
      value: ratio("spread", "monolith", (each) => each.p99Ms),
    }),
    atLeast(4, { claim: "orders/s, hot, of the monolith's", value: ratio("hot", "monolith", rate) }),
    atMost(2.5, {
      claim: "p50, one connection, of the monolith's",
      value: ratio("single", "monolith", (each) => each.p50Ms),
    }),
    ...reads.map(({ endpoint, ratio: value }) =>
      atLeast(0.7, { claim: `${endpoint}, of the bare endpoint's`, value }),
    ),
    atMost(settleMsMax / 1000, {
      claim: "audit complete after the load, longest",
      value: settled.length > 0 ? Math.max(...settled) / 1000 : undefined,
      decimals: 1,
      unit: "s",
    }),
    atMost(memoryMbMax, {
      claim: "memory of the six services at the end",
      value: memory && totalMb(memory),
      decimals: 0,
      unit: "MB",
    }),
  ];
}

/** One line per target, as text for the terminal. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const width = Math.max(...verdicts.map(({ claim }) => claim.length));
  const row = (claim: string, wanted: string, measured: string, word: string) =>
    `  ${claim.padEnd(width)}${wanted.padStart(18)}${measured.padStart(14)}  ${word}`.trimEnd();
  const lines = verdicts.map(({ claim, wanted, measured, reached }) =>
    row(claim, wanted, measured, reached === undefined ? "-" : reached ? "reached" : "NOT REACHED"),
  );
  return ["Targets", row("", "wanted", "measured", ""), ...lines].join("\n");
}
