import type { CpuSeconds } from "./cpu";
import type { LoadResult } from "./load";
import type { Shape, TargetName } from "./settings";
import { shapes, targetNames } from "./settings";
import { median } from "./statistics";

/** One measured load. */
export interface Measurement extends LoadResult {
  readonly target: TargetName;
  readonly shape: Shape;
  readonly round: number;
  readonly ordersPerSecond: number;
  /** From the end of the load until nothing was left to do; its CPU is counted too. */
  readonly settleMs: number;
  /** By process group, Postgres and NATS included, the load generator not. */
  readonly cpuSeconds?: CpuSeconds;
  readonly cpuSecondsPerThousand?: number;
  readonly generatorCpuSeconds?: number;
  /** Of all cores' time, what went to processes that have no part in it: the less, the more a figure is worth. */
  readonly foreignShare?: number;
  /** What those took meanwhile who had nothing to do: the other targets' processes, and their connections to Postgres. */
  readonly bystanderCores?: number;
}

export interface Summary {
  readonly target: TargetName;
  readonly shape: Shape;
  readonly ordersPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The longest of all rounds. */
  readonly settleMs: number;
  readonly cpuSecondsPerThousand?: number;
  /** Share of each process group in it. */
  readonly cpuByGroup?: CpuSeconds;
}

/** Medians over the rounds. */
export function summarise(measurements: readonly Measurement[]): Summary[] {
  return shapes.flatMap((shape) =>
    targetNames.flatMap((target) => {
      const mine = measurements.filter((each) => each.target === target && each.shape === shape);
      return mine.length === 0 ? [] : [summaryOf(target, shape, mine)];
    }),
  );
}

function summaryOf(target: TargetName, shape: Shape, mine: readonly Measurement[]): Summary {
  const medianOf = (pick: (each: Measurement) => number) => median(mine.map(pick));
  const groups = Object.keys(mine[0]?.cpuSeconds ?? {});
  const hasCpu = mine.every((each) => each.cpuSecondsPerThousand !== undefined);
  return {
    target,
    shape,
    ordersPerSecond: medianOf((each) => each.ordersPerSecond),
    p50Ms: medianOf((each) => each.p50Ms),
    p99Ms: medianOf((each) => each.p99Ms),
    settleMs: Math.max(...mine.map((each) => each.settleMs)),
    ...(hasCpu && {
      cpuSecondsPerThousand: medianOf((each) => each.cpuSecondsPerThousand ?? 0),
      cpuByGroup: Object.fromEntries(
        groups.map((group) => [
          group,
          medianOf((each) => ((each.cpuSeconds?.[group] ?? 0) / each.orders) * 1000),
        ]),
      ),
    }),
  };
}

/** From here on, other programs decide what is measured. */
const foreignShareMax = 0.15;

/** A sentence when other programs took so much of the machine that the figures say little. */
export function disturbance(measurements: readonly Measurement[]): string | undefined {
  const share = median(measurements.map((each) => each.foreignShare ?? 0));
  if (share <= foreignShareMax) return undefined;
  return `DISTURBED: other programs took ${(share * 100).toFixed(0)} % of the CPU; measure again on a quiet machine.`;
}

/** A sentence on what an idle platform costs those who are measured beside it; undefined where that is not known. */
export function idleCost(measurements: readonly Measurement[]): string | undefined {
  const cores = measurements
    .filter(({ target }) => target !== "quartermaster")
    .flatMap(({ bystanderCores }) => bystanderCores ?? []);
  if (cores.length === 0) return undefined;
  return `While the others were loaded, the idle platform took ${median(cores).toFixed(3)} of a core (most ${Math.max(...cores).toFixed(3)}), its connections to Postgres included.`;
}

export const titles: Readonly<Record<TargetName, string>> = {
  quartermaster: "(a) Quartermaster",
  monolith: "(b) monolith",
  pgbench: "(c) bare SQL, pgbench",
};

const shapeTitles: Readonly<Record<Shape, string>> = {
  spread: "Spread: two products of all",
  hot: "Hot: one product for everybody",
  single: "One connection: two products of all, one order after the other",
  keyed:
    "An extra, no target: spread, each order with a fresh Idempotency-Key (which the monolith does not look at)",
  crowd: "An extra, no target: hot over many more connections",
};

/** The table and its ratios, as text for the terminal. */
export function tableOf(summaries: readonly Summary[]): string {
  const lines: string[] = [];
  for (const shape of shapes) {
    const mine = summaries.filter((each) => each.shape === shape);
    if (mine.length === 0) continue;
    lines.push("", shapeTitles[shape]);
    lines.push(row(["", "orders/s", "p50 ms", "p99 ms", "settle s", "CPU s per 1,000"]));
    for (const each of mine) {
      const cpu = each.cpuSecondsPerThousand?.toFixed(2) ?? "unknown here";
      lines.push(
        row([
          titles[each.target],
          each.ordersPerSecond.toFixed(0),
          fixed(each.p50Ms),
          fixed(each.p99Ms),
          (each.settleMs / 1000).toFixed(1),
          cpu,
        ]),
      );
    }
    lines.push(`  ratios in orders/s: ${ratiosOf(mine).join("   ")}`);
    for (const each of mine)
      if (each.cpuByGroup) lines.push(`  CPU of ${titles[each.target]}: ${sharesOf(each.cpuByGroup)}`);
  }
  return lines.join("\n");
}

/** a/b, a/c, b/c, each with its value, or a word on why it has none. */
export function ratiosOf(summaries: readonly Summary[]): string[] {
  const rate = (target: TargetName) => summaries.find((each) => each.target === target)?.ordersPerSecond;
  const pairs = [
    ["a/b", rate("quartermaster"), rate("monolith")],
    ["a/c", rate("quartermaster"), rate("pgbench")],
    ["b/c", rate("monolith"), rate("pgbench")],
  ] as const;
  return pairs.map(([name, over, under]) => {
    if (over === undefined || under === undefined) return `${name} not measured`;
    return under === 0 ? `${name} undefined` : `${name} ${(over / under).toFixed(2)}`;
  });
}

function sharesOf(groups: CpuSeconds): string {
  return Object.entries(groups)
    .sort(([, a], [, b]) => b - a)
    .map(([name, seconds]) => `${name} ${seconds.toFixed(2)}`)
    .join(", ");
}

function row(cells: readonly string[]): string {
  return `  ${cells.map((cell, index) => (index === 0 ? cell.padEnd(24) : cell.padStart(16))).join("")}`;
}

function fixed(ms: number): string {
  return ms.toFixed(1);
}
