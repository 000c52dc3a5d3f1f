import { availableParallelism } from "node:os";
import { type CountedProcess, cpuBetween, cpuOf, cpuOfEndedChildren, machineCpu, sumOf } from "./cpu";
import { withClient } from "./invariants";
import type { Measurement } from "./report";
import type { Shape } from "./settings";
import type { Target } from "./target";

/** What a measurement stands on; see ground.ts. */
export interface MeasuredGround {
  readonly adminUrl: string;
  readonly processes: readonly CountedProcess[];
}

/** Puts one load on one target, and waits until what it caused is done: that counts as its CPU, too. */
export async function measure(
  ground: MeasuredGround,
  target: Target,
  { shape, round, seconds }: { shape: Shape; round: number; seconds: number },
): Promise<Measurement> {
  // Nobody pays for the pages that another one has dirtied.
  await withClient(ground.adminUrl, (client) => client.query("checkpoint"));
  const processes = [...ground.processes, ...target.processes()];
  const startedAt = performance.now();
  const before = snapshot(processes);
  const load = await target.load(shape, seconds);
  const settleMs = await target.settle();
  const spent = spentSince(before, snapshot(processes), performance.now() - startedAt);
  return {
    target: target.name,
    shape,
    round,
    ...load,
    ordersPerSecond: load.orders / load.seconds,
    settleMs,
    ...(spent && {
      cpuSeconds: spent.cpuSeconds,
      generatorCpuSeconds: spent.generatorCpuSeconds,
      foreignShare: spent.foreignShare,
      cpuSecondsPerThousand: (sumOf(spent.cpuSeconds) / load.orders) * 1000,
    }),
  };
}

function snapshot(processes: readonly CountedProcess[]) {
  return { counted: cpuOf(processes), own: cpuOfOurselves(), machine: machineCpu() };
}

/** The load generators: autocannon runs in this process, pgbench is a child that has ended. Targets run on, and are counted apart. */
function cpuOfOurselves(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000 + cpuOfEndedChildren();
}

function spentSince(before: ReturnType<typeof snapshot>, after: ReturnType<typeof snapshot>, tookMs: number) {
  if (!before.counted || !after.counted || !before.machine || !after.machine) return undefined;
  const cpuSeconds = cpuBetween(before.counted, after.counted);
  const generatorCpuSeconds = after.own - before.own;
  const busy = after.machine.busy - before.machine.busy + after.machine.stolen - before.machine.stolen;
  const foreign = Math.max(0, busy - sumOf(cpuSeconds) - generatorCpuSeconds);
  const available = (tookMs / 1000) * availableParallelism();
  return { cpuSeconds, generatorCpuSeconds, foreignShare: foreign / available };
}
