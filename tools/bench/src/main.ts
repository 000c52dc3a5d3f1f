import { join } from "node:path";
import { describeMachine, freePort } from "@quartermaster/servers";
import { doubtsAbout } from "./doubts";
import { type Ground, openGround } from "./ground";
import { measure } from "./measure";
import { memoryOf, memoryText } from "./memory";
import { type Bench, runBench, writeResults } from "./program";
import { measureReads, startBareReads } from "./reads";
import { readTable, summariseReads } from "./reads-report";
import { disturbance, type Measurement, ratiosOf, summarise, tableOf } from "./report";
import { type BenchSettings, connectionsOf, readSettings, type Shape } from "./settings";
import type { Target } from "./target";
import { verdictsOf, verdictTable } from "./verdicts";

runBench(async (bench) => {
  const settings = readSettings(process.env);
  bench.say(planOf(settings));
  const ground = await openGround(settings, bench.folder, { say: bench.tell, started: bench.started });
  const measurements: Measurement[] = [];
  const broken: string[] = [];
  const wrong: Wrong = (where, sentences) => {
    for (const sentence of sentences) {
      broken.push(`${where}: ${sentence}`);
      bench.tell(`BROKEN: ${where}: ${sentence}`);
    }
  };
  await measureInTurns(settings, ground, { bench, measurements, wrong });
  const reads = await readsIn(settings, ground, bench, wrong);
  const memory = ground.platform && memoryOf(ground.platform.services());
  await checkEverything(ground, bench, wrong);
  const summaries = summarise(measurements);
  const readSummaries = summariseReads(reads);
  const verdicts = verdictsOf({ summaries, reads: readSummaries, memory });
  const machine = describeMachine(ground.postgresVersion);
  const results = { machine, settings, summaries, reads: readSummaries, memory, verdicts, broken };
  const raw = { measurements, reads, skipped: ground.skipped };
  const file = writeResults("bench", { ...results, raw });
  bench.say(tableOf(summaries));
  if (reads.length > 0) bench.say(`\n${readTable(readSummaries)}`);
  if (memory) bench.say(`\nMemory of the services, MB resident: ${memoryText(memory)}`);
  bench.say(`\n${verdictTable(verdicts)}\n`);
  const { cores, cpu, node, postgres } = machine;
  bench.say(`${cores} cores of ${cpu}, Node ${node}, Postgres ${postgres}, load generator included.`);
  const disturbed = disturbance(measurements);
  if (disturbed) bench.say(disturbed);
  for (const sentence of ground.skipped) bench.say(`Skipped: ${sentence}`);
  if (settings.monolith.pipeline)
    bench.say("The monolith pipelined its statements (MONOLITH_PIPELINE=true).");
  for (const sentence of broken) bench.say(`BROKEN: ${sentence}`);
  bench.say(`Raw results: ${file}`);
  const line = settings.shapes
    .map((shape) => `${shape}: ${ratiosOf(summaries.filter((each) => each.shape === shape)).join(", ")}`)
    .join("; ");
  bench.say(
    broken.length === 0 ? `Done: every invariant holds. ${line}` : "Failed: the figures do not count.",
  );
  return broken.length === 0;
});

/** Takes sentences about what must not be. */
type Wrong = (where: string, sentences: readonly string[]) => void;

/** What is about to happen, for whoever sees it for the first time. */
function planOf({ only, shapes, rounds, measureSeconds, quick }: BenchSettings): string {
  const loads = `${rounds} x ${measureSeconds} s of each load (${shapes.join(", ")}) on ${only.join(", ")}`;
  const howLong = quick ? "About a minute." : "About five minutes; QUICK=1 takes one.";
  return `${loads}, then reads, after a warm-up; rows are checked after each. ${howLong}`;
}

/** pgbench has no code to be compiled while it runs; its tables need only be in memory. */
const pgbenchWarmUpSecondsMax = 2;

/** Every round puts each load on each target in turn, so that what changes with time strikes all alike. */
async function measureInTurns(
  settings: BenchSettings,
  ground: Ground,
  { bench, measurements, wrong }: { bench: Bench; measurements: Measurement[]; wrong: Wrong },
): Promise<void> {
  for (const target of ground.targets) await warmUp(settings, target, bench, wrong);
  for (let round = 1; round <= settings.rounds; round += 1) {
    for (const shape of settings.shapes) {
      for (const target of ground.targets.filter((each) => each.takes(shape))) {
        const ordersBefore = await target.countOrders();
        const measured = await measure(ground, target, { shape, round, seconds: secondsOf(shape, settings) });
        measurements.push(measured);
        bench.tell(lineOf(measured, settings));
        const newOrders = (await target.countOrders()) - ordersBefore;
        const connections = connectionsOf(shape, settings);
        // pgbench counts what it has committed, and ends only after that.
        const cutOffMax = target.name === "pgbench" ? 0 : connections;
        wrong(`${target.name}, ${shape}, round ${round}`, [
          ...doubtsAbout(measured, { newOrders, connections, cutOffMax }),
          ...(await target.rows.ofNewRows()),
        ]);
      }
    }
  }
}

/** One order after the other: hundreds of them are enough for a median. */
function secondsOf(shape: Shape, { measureSeconds }: BenchSettings): number {
  return shape === "single" ? Math.min(3, measureSeconds) : measureSeconds;
}

/** The shapes share nearly all of their code, so that all but the first need little more. */
async function warmUp(settings: BenchSettings, target: Target, bench: Bench, wrong: Wrong): Promise<void> {
  const secondsMax = target.name === "pgbench" ? pgbenchWarmUpSecondsMax : settings.warmUpSeconds;
  for (const [index, shape] of settings.shapes.filter((each) => target.takes(each)).entries()) {
    const seconds = index === 0 ? secondsMax : Math.max(1, Math.round(secondsMax / 8));
    bench.tell(`warming up ${target.name}, ${shape}: ${seconds} s`);
    const { orders } = await target.load(shape, seconds);
    await target.settle();
    wrong(`${target.name}, ${shape}, warm-up`, [
      ...(orders === 0 ? ["no order was placed"] : []),
      ...(await target.rows.ofNewRows()),
    ]);
  }
}

async function readsIn(settings: BenchSettings, { platform, stack }: Ground, bench: Bench, wrong: Wrong) {
  if (!platform || !stack || settings.readSeconds === 0) return [];
  const logFile = join(bench.folder, "reads.log");
  const bare = await startBareReads(stack, {
    port: await freePort(),
    logFile,
    poolSize: settings.readsPoolSize,
  });
  bench.started.push(() => bare.stop());
  const { measurements, broken } = await measureReads(settings, platform, bare.url, bench.tell);
  wrong("reads", broken);
  return measurements;
}

async function checkEverything(ground: Ground, bench: Bench, wrong: Wrong): Promise<void> {
  for (const target of ground.targets) {
    bench.tell(`checking every row of ${target.name} once more`);
    wrong(`${target.name}, at the end`, [
      ...(await target.rows.ofAllRows()),
      ...((await target.brokenAtTheEnd?.()) ?? []),
    ]);
  }
}

function lineOf(measured: Measurement, settings: BenchSettings): string {
  const others = Object.entries(measured.others).map(([status, count]) => `${count} x ${status}`);
  if (measured.foreignShare !== undefined)
    others.push(`${(measured.foreignShare * 100).toFixed(0)} % of the CPU to others`);
  if (measured.errors > 0) others.push(`${measured.errors} errors`);
  return (
    `round ${measured.round}/${settings.rounds}  ${measured.shape.padEnd(6)}  ${measured.target.padEnd(13)}  ` +
    `${measured.ordersPerSecond.toFixed(0).padStart(5)} orders/s  ${others.join(", ")}`
  );
}
