import type { CpuSeconds } from "./cpu";
import { type MemoryMb, memoryText, totalMb } from "./memory";
import type { OpenLoadResult } from "./open-load";

/** The peak, and what became of several times as much. */
export interface Round {
  readonly peakPerSecond: number;
  readonly peakConnections: number;
  /** What the loads that looked for the peak were answered beside 201. */
  readonly peakOthers: readonly string[];
  /** What was to arrive. */
  readonly wantedPerSecond: number;
  readonly flood: OpenLoadResult;
  readonly goodputPerSecond: number;
  readonly settleMs: number;
  readonly memoryBefore: MemoryMb | undefined;
  /** The most of each service while orders arrived. */
  readonly memoryMost: MemoryMb | undefined;
  /** The most orders that were under way at once, as far as they were durable. */
  readonly underWayMost: number;
  /** While orders arrived, the load generator included. */
  readonly cpuSeconds?: CpuSeconds;
}

/** As text for the terminal. */
export function tableOf(rounds: readonly Round[]): string {
  const lines = rounds.flatMap((round, index) => {
    const { memoryBefore, memoryMost } = round;
    const memory =
      memoryBefore && memoryMost
        ? [`    memory, MB: before ${totalMb(memoryBefore).toFixed(0)}, most ${memoryText(memoryMost)}`]
        : [];
    const peak = `${round.peakPerSecond.toFixed(0)} orders/s at the peak (${round.peakConnections} connections)`;
    const cpu = round.cpuSeconds
      ? [`    CPU, cores: ${coresText(round.cpuSeconds, round.flood.seconds)}`]
      : [];
    return [`  round ${index + 1}: ${peak}`, `    ${lineOf(round)}`, ...memory, ...cpu];
  });
  return ["Overload", ...lines].join("\n");
}

function coresText(cpu: CpuSeconds, seconds: number): string {
  return Object.entries(cpu)
    .map(([name, each]) => `${name} ${(each / seconds).toFixed(2)}`)
    .join(", ");
}

/** One flood on one line. */
export function lineOf({ flood, goodputPerSecond, peakPerSecond, settleMs, underWayMost }: Round): string {
  const perSecond = (number: number) => (number / flood.seconds).toFixed(0);
  const share = ((goodputPerSecond / peakPerSecond) * 100).toFixed(0);
  return (
    `${perSecond(flood.offered)} offered/s, ${goodputPerSecond.toFixed(0)} placed/s (${share} % of the peak), ` +
    `${perSecond(flood.refused)} refused/s, ${perSecond(flood.unsent)} unsent/s, ${flood.errors} errors, ` +
    `p50 ${flood.p50Ms.toFixed(0)} ms, p99 ${flood.p99Ms.toFixed(0)} ms, refusals p99 ${flood.refusedP99Ms.toFixed(0)} ms, ` +
    `at most ${underWayMost} sagas under way, done ${(settleMs / 1000).toFixed(1)} s after`
  );
}
