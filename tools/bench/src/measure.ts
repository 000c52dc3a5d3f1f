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
  /** Nobody else that is measured uses its Postgres. */
  readonly isOwn?: boolean;
}

/** Who runs beside the target that is measured, though it has nothing to do. */
export interface Bystanders {
  readonly processes: readonly CountedProcess[];
  /** Children of what is counted as the ground, such as their connections to the Postgres that all share. */
  readonly backends: readonly CountedProcess[];
}

export const nobody: Bystanders = { processes: [], backends: [] };

/** Puts one load on one target, and waits until what it caused is done: that counts as its CPU, too. */
export async function measure(
  ground: MeasuredGround,
  target: Target,
  { shape, round, seconds }: { shape: Shape; round: number; seconds: number },
  bystanders: Bystanders = nobody,
): Promise<Measurement> {
  // Nobody pays for the pages that another one has dirtied. On a server of one's own there is no other one, and a checkpoint
  // every few seconds would only have every page written to the WAL whole: the more pages there are, the more.
  if (!ground.isOwn) await withClient(ground.adminUrl, (client) => client.query("checkpoint"));
  const counted: Counted = { own: [...ground.processes, ...target.processes()], bystanders };
  const startedAt = performance.now();
  const before = snapshot(counted);
  const load = await target.load(shape, seconds);
  const settleMs = await target.settle();
  const spent = spentSince(before, snapshot(counted), performance.now() - startedAt);
  return {
    target: target.name,
    shape,
    round,
    ...load,
    ordersPerSecond: load.orders / load.seconds,
    settleMs,
    ...(spent && { ...spent, cpuSecondsPerThousand: (sumOf(spent.cpuSeconds) / load.orders) * 1000 }),
  };
}

interface Counted {
  readonly own: readonly CountedProcess[];
  readonly bystanders: Bystanders;
}

function snapshot({ own, bystanders }: Counted) {
  return {
    counted: cpuOf(own),
    beside: cpuOf(bystanders.processes),
    backends: cpuOf(bystanders.backends),
    generator: cpuOfOurselves(),
    machine: machineCpu(),
  };
}

/** The load generators: autocannon runs in this process, pgbench is a child that has ended. Targets run on, and are counted apart. */
function cpuOfOurselves(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000 + cpuOfEndedChildren();
}

function spentSince(before: ReturnType<typeof snapshot>, after: ReturnType<typeof snapshot>, tookMs: number) {
  if (!before.counted || !after.counted || !before.machine || !after.machine) return undefined;
  const cpuSeconds = cpuBetween(before.counted, after.counted);
  const beside = sumOf(cpuBetween(before.beside ?? {}, after.beside ?? {}));
  const backends = sumOf(cpuBetween(before.backends ?? {}, after.backends ?? {}));
  const generatorCpuSeconds = after.generator - before.generator;
  const busy = after.machine.busy - before.machine.busy + after.machine.stolen - before.machine.stolen;
  const foreign = Math.max(0, busy - sumOf(cpuSeconds) - beside - generatorCpuSeconds);
  const seconds = tookMs / 1000;
  return {
    cpuSeconds,
    generatorCpuSeconds,
    foreignShare: foreign / (seconds * availableParallelism()),
    // One that has ended takes its time with it.
    bystanderCores: Math.max(0, beside + backends) / seconds,
  };
}
