import { doubtsAbout } from "./doubts";
import type { Wrong } from "./findings";
import { type Bystanders, type MeasuredGround, measure } from "./measure";
import type { Measurement } from "./report";
import { type BenchSettings, connectionsOf, type Shape } from "./settings";
import type { Target } from "./target";

/** One of those that are measured in turns. */
export interface Contestant {
  readonly name: string;
  readonly target: Target;
  readonly ground: MeasuredGround;
  /** What runs on beside it though it has no part in its load, such as another stack. */
  readonly bystanders: () => Bystanders;
}

export interface Turns {
  readonly contestants: readonly Contestant[];
  readonly secondsOf: (shape: Shape) => number;
  readonly tell: (sentence: string) => void;
  readonly wrong: Wrong;
}

export type NamedMeasurement = Measurement & { readonly contestant: string };

/**
 * Every round puts each load on each contestant in turn, so that what changes with time strikes all alike; each load's
 * answers and rows are checked at once.
 */
export async function measureInTurns(settings: BenchSettings, turns: Turns): Promise<NamedMeasurement[]> {
  const measurements: NamedMeasurement[] = [];
  for (let round = 1; round <= settings.rounds; round += 1) {
    const inOrder = orderOf(turns.contestants, round);
    for (const shape of settings.shapes) {
      for (const contestant of inOrder.filter(({ target }) => target.takes(shape))) {
        const measured = await measureOne(settings, turns, contestant, { shape, round });
        measurements.push({ ...measured, contestant: contestant.name });
      }
    }
  }
  return measurements;
}

/**
 * Who comes when in a round: each order and its reverse, then the next one begins. So nobody always follows the same one
 * and inherits what that leaves to be done, such as vacuuming.
 */
export function orderOf<T>(all: readonly T[], round: number): T[] {
  const first = Math.floor((round - 1) / 2) % Math.max(1, all.length);
  const turned = [...all.slice(first), ...all.slice(0, first)];
  return round % 2 === 1 ? turned : turned.reverse();
}

async function measureOne(
  settings: BenchSettings,
  { secondsOf, tell, wrong }: Turns,
  { name, target, ground, bystanders }: Contestant,
  { shape, round }: { shape: Shape; round: number },
): Promise<Measurement> {
  const ordersBefore = await target.countOrders();
  const load = { shape, round, seconds: secondsOf(shape) };
  const measured = await measure(ground, target, load, bystanders());
  tell(lineOf(name, measured, settings));
  const newOrders = (await target.countOrders()) - ordersBefore;
  // pgbench counts what it has committed, and ends only after that.
  const cutOffMax = target.name === "pgbench" ? 0 : connectionsOf(shape, settings);
  wrong(`${name}, ${shape}, round ${round}`, [
    ...doubtsAbout(measured, { newOrders, cutOffMax }),
    ...(await target.rows.ofNewRows()),
  ]);
  return measured;
}

/** Every row of every contestant, and what only a look at the whole can find. */
export async function checkEverything({
  contestants,
  tell,
  wrong,
}: Pick<Turns, "contestants" | "tell" | "wrong">): Promise<void> {
  for (const { name, target } of contestants) {
    tell(`checking every row of ${name} once more`);
    wrong(`${name}, at the end`, await brokenInAll(target));
  }
}

/** A sentence for each thing wrong in a target's rows. */
export async function brokenInAll(target: Target): Promise<string[]> {
  return [...(await target.rows.ofAllRows()), ...((await target.brokenAtTheEnd?.()) ?? [])];
}

function lineOf(name: string, measured: Measurement, settings: BenchSettings): string {
  const others = Object.entries(measured.others).map(([status, count]) => `${count} x ${status}`);
  if (measured.foreignShare !== undefined)
    others.push(`${(measured.foreignShare * 100).toFixed(0)} % of the CPU to others`);
  if (measured.errors > 0) others.push(`${measured.errors} errors`);
  return (
    `round ${measured.round}/${settings.rounds}  ${measured.shape.padEnd(6)}  ${name.padEnd(13)}  ` +
    `${measured.ordersPerSecond.toFixed(0).padStart(5)} orders/s  ${others.join(", ")}`
  );
}
