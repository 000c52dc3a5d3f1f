import type { Stack } from "@quartermaster/stack";
import { doubtsAbout } from "./doubts";
import { withClient } from "./invariants";
import { measure } from "./measure";
import { memoryOf, totalMb } from "./memory";
import type { Bench } from "./program";
import type { Platform } from "./quartermaster";
import type { Measurement } from "./report";
import { type BenchSettings, connectionsOf, type Shape } from "./settings";
import { median } from "./statistics";

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
  readonly measurements: readonly (Measurement & { readonly contender: string })[];
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
  const measurements: (Measurement & { contender: string })[] = [];
  const broken: string[] = [];
  const wrong = (where: string, sentences: readonly string[]) => {
    for (const sentence of sentences) {
      broken.push(`${where}: ${sentence}`);
      bench.tell(`BROKEN: ${where}: ${sentence}`);
    }
  };
  for (const { name, target } of contenders) {
    bench.tell(`warming up ${name}: ${settings.warmUpSeconds} s`);
    await target.load("spread", settings.warmUpSeconds);
    await target.settle();
    wrong(`${name}, warm-up`, await target.rows.ofNewRows());
  }
  for (let round = 1; round <= settings.rounds; round += 1) {
    for (const shape of settings.shapes) {
      for (const contender of round % 2 === 1 ? contenders : [...contenders].reverse()) {
        const { name, target } = contender;
        const ordersBefore = await target.countOrders();
        const measured = await measureOne(contender, { shape, round, seconds: settings.measureSeconds });
        measurements.push({ ...measured, contender: name });
        bench.tell(
          `round ${round}/${settings.rounds}  ${shape.padEnd(6)}  ${name.padEnd(13)}  ${measured.ordersPerSecond.toFixed(0)} orders/s`,
        );
        const newOrders = (await target.countOrders()) - ordersBefore;
        const connections = connectionsOf(shape, settings);
        wrong(`${name}, ${shape}, round ${round}`, [
          ...doubtsAbout(measured, { newOrders, connections, cutOffMax: connections }),
          ...(await target.rows.ofNewRows()),
        ]);
      }
    }
  }
  for (const { name, target } of contenders) {
    bench.tell(`checking every row of ${name} once more`);
    wrong(`${name}, at the end`, [
      ...(await target.rows.ofAllRows()),
      ...((await target.brokenAtTheEnd?.()) ?? []),
    ]);
  }
  const [first] = contenders;
  return {
    rows: settings.shapes.flatMap((shape) => contenders.map((each) => rowOf(each, shape, measurements))),
    ratios: settings.shapes.map((shape) => ratioOf(shape, contenders, measurements)),
    measurements,
    postgresVersion: first ? await versionOf(first.stack.adminDatabaseUrl) : "unknown",
    broken,
  };
}

function measureOne({ stack, target }: Contender, load: { shape: Shape; round: number; seconds: number }) {
  const pid = stack.pids().postgres;
  const processes = pid === undefined ? [] : [{ name: "postgres", pid }];
  return measure({ adminUrl: stack.adminDatabaseUrl, processes }, target, load);
}

type Measured = readonly (Measurement & { contender: string })[];

function rowOf({ name, target }: Contender, shape: Shape, measurements: Measured): DuelRow {
  const mine = measurements.filter((each) => each.contender === name && each.shape === shape);
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
      .filter((each) => each.contender === contender?.name && each.shape === shape)
      .sort((a, b) => a.round - b.round)
      .map((each) => each.ordersPerSecond);
  const under = of(first);
  const each = of(second).map((rate, index) => rate / (under[index] ?? Number.NaN));
  return { shape, ratio: median(each), each };
}

async function versionOf(adminUrl: string): Promise<string> {
  const { rows } = await withClient(adminUrl, (client) => client.query("show server_version"));
  return rows[0].server_version;
}

/** As text for the terminal. */
export function duelTable({ rows, ratios }: DuelResult): string {
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
  return [line(heads), ...lines, ...rounds].join("\n");
}
