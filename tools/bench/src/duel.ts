import type { Stack } from "@quartermaster/stack";
import type { CountedProcess } from "./cpu";
import { openFindings, wrongAnswers } from "./findings";
import { postgresVersionOf } from "./ground";
import { memoryOf, totalMb } from "./memory";
import type { Bench } from "./program";
import type { Platform } from "./quartermaster";
import type { BenchSettings, Shape } from "./settings";
import { median } from "./statistics";
import { type Contestant, checkEverything, measureInTurns, type NamedMeasurement } from "./turns";

/** A stack with its own servers. The first of two is what the second is compared with. */
export interface Contender {
  readonly name: string;
  readonly stack: Stack;
  readonly target: Platform;
}

export interface DuelResult {
  readonly rows: readonly DuelRow[];
  /** The second's orders a second over the first's, round by round, and the median of that. */
  readonly ratios: readonly {
    readonly shape: Shape;
    readonly ratio: number;
    readonly each: readonly number[];
  }[];
  readonly measurements: readonly NamedMeasurement[];
  readonly postgresVersion: string;
  /** A sentence for each thing wrong. */
  readonly broken: readonly string[];
}

/** Medians over the rounds. */
interface DuelRow {
  readonly shape: Shape;
  readonly contender: string;
  readonly ordersPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly settleMs: number;
  readonly memoryMb: number | undefined;
  readonly cpuSecondsPerThousand: number | undefined;
}

/**
 * Puts the same loads on two stacks, turn by turn; who begins changes with the round. Rows and answers are checked after
 * each load, everything at the end.
 */
export async function duel(
  settings: BenchSettings,
  contenders: readonly Contender[],
  bench: Bench,
): Promise<DuelResult> {
  const { broken, wrong } = openFindings(bench);
  for (const { name, target } of contenders) {
    bench.tell(`warming up ${name}: ${settings.warmUpSeconds} s`);
    const load = await target.load("spread", settings.warmUpSeconds);
    await target.settle();
    wrong(`${name}, warm-up`, [...wrongAnswers(load), ...(await target.rows.ofNewRows())]);
  }
  const contestants = contenders.map((each) => contestantOf(each, contenders));
  const turns = { contestants, secondsOf: () => settings.measureSeconds, tell: bench.tell, wrong };
  const measurements = await measureInTurns(settings, turns);
  await checkEverything(turns);
  const [first] = contenders;
  return {
    rows: settings.shapes.flatMap((shape) => contenders.map((each) => rowOf(each, shape, measurements))),
    ratios: settings.shapes.map((shape) => ratioOf(shape, contenders, measurements)),
    measurements,
    postgresVersion: first ? await postgresVersionOf(first.stack.adminDatabaseUrl) : "unknown",
    broken,
  };
}

/** While one is measured, the other one's servers and services are idle. */
function contestantOf(contender: Contender, all: readonly Contender[]): Contestant {
  const { name, target, stack } = contender;
  const others = all.filter((each) => each !== contender);
  return {
    name,
    target,
    ground: { adminUrl: stack.adminDatabaseUrl, processes: postgresOf(stack), isOwn: true },
    bystanders: () => ({
      processes: others.flatMap((each) => [...postgresOf(each.stack), ...each.target.processes()]),
      backends: [],
    }),
  };
}

function postgresOf(stack: Stack): CountedProcess[] {
  const pid = stack.pids().postgres;
  return pid === undefined ? [] : [{ name: "postgres", pid }];
}

type Measured = readonly NamedMeasurement[];

function rowOf({ name, target }: Contender, shape: Shape, measurements: Measured): DuelRow {
  const mine = measurements.filter((each) => each.contestant === name && each.shape === shape);
  const memory = memoryOf(target.services());
  const cpu = mine.flatMap((each) => each.cpuSecondsPerThousand ?? []);
  return {
    shape,
    contender: name,
    ordersPerSecond: median(mine.map((each) => each.ordersPerSecond)),
    p50Ms: median(mine.map((each) => each.p50Ms)),
    p99Ms: median(mine.map((each) => each.p99Ms)),
    settleMs: Math.max(...mine.map((each) => each.settleMs)),
    memoryMb: memory && totalMb(memory),
    cpuSecondsPerThousand: cpu.length > 0 ? median(cpu) : undefined,
  };
}

function ratioOf(shape: Shape, [first, second]: readonly Contender[], measurements: Measured) {
  const of = (contender: Contender | undefined) =>
    measurements
      .filter((each) => each.contestant === contender?.name && each.shape === shape)
      .sort((a, b) => a.round - b.round)
      .map((each) => each.ordersPerSecond);
  const under = of(first);
  const each = of(second).map((rate, index) => rate / (under[index] ?? Number.NaN));
  return { shape, ratio: median(each), each };
}

/** As text for the terminal. */
export function duelTable({ rows, ratios, measurements }: DuelResult): string {
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, index) => (index < 2 ? cell.padEnd(14) : cell.padStart(16))).join("")}`;
  const heads = ["", "", "orders/s", "p50 ms", "p99 ms", "settle s", "CPU s per 1,000", "services, MB"];
  const lines = rows.map((row) =>
    line([
      row.shape,
      row.contender,
      row.ordersPerSecond.toFixed(0),
      row.p50Ms.toFixed(1),
      row.p99Ms.toFixed(1),
      (row.settleMs / 1000).toFixed(1),
      row.cpuSecondsPerThousand?.toFixed(2) ?? "unknown",
      row.memoryMb?.toFixed(0) ?? "unknown",
    ]),
  );
  const rounds = ratios.map(
    ({ shape, each }) => `  ${shape}, round by round: ${each.map((ratio) => ratio.toFixed(2)).join(", ")}`,
  );
  const idle = `  the idle one took ${median(measurements.flatMap((each) => each.bystanderCores ?? [])).toFixed(3)} of a core meanwhile`;
  return [line(heads), ...lines, ...rounds, idle].join("\n");
}
