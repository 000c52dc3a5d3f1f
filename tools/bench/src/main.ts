import { join } from "node:path";
import { describeMachine, freePort } from "@quartermaster/servers";
import { backendsOf, type CountedProcess } from "./cpu";
import { openFindings, sayEnd, type Wrong, wrongAnswers } from "./findings";
import { type Ground, openGround } from "./ground";
import { memoryOf, memoryText } from "./memory";
import { type Bench, runBench, writeResults } from "./program";
import { measureReads, startBareReads } from "./reads";
import { readTable, summariseReads } from "./reads-report";
import { disturbance, idleCost, type Measurement, ratiosOf, summarise, tableOf } from "./report";
import { type BenchSettings, readSettings, type Shape } from "./settings";
import type { Target } from "./target";
import { type Contestant, checkEverything, measureInTurns, type Turns } from "./turns";
import { verdictsOf, verdictTable } from "./verdicts";

runBench(async (bench) => {
  const settings = readSettings(process.env);
  bench.say(planOf(settings));
  const ground = await openGround(settings, bench.folder, { say: bench.tell, started: bench.started });
  const { broken, wrong } = openFindings(bench);
  const turns: Turns = {
    contestants: contestantsOn(ground),
    secondsOf: (shape) => secondsOf(shape, settings),
    tell: bench.tell,
    wrong,
  };
  for (const target of ground.targets) await warmUp(settings, target, bench, wrong);
  const measurements = await measureInTurns(settings, turns);
  const reads = await readsIn(settings, ground, bench, wrong);
  const memory = ground.platform && memoryOf(ground.platform.services());
  await checkEverything(turns);
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
  for (const sentence of remarksOn(settings, ground, measurements)) bench.say(sentence);
  const line = settings.shapes
    .map((shape) => `${shape}: ${ratiosOf(summaries.filter((each) => each.shape === shape)).join(", ")}`)
    .join("; ");
  return sayEnd(bench, { broken, file, summary: line });
});

/** What is about to happen, for whoever sees it for the first time. */
function planOf({ only, shapes, rounds, measureSeconds, quick }: BenchSettings): string {
  const loads = `${rounds} x ${measureSeconds} s of each load (${shapes.join(", ")}) on ${only.join(", ")}`;
  const howLong = quick ? "About a minute." : "About five minutes; QUICK=1 takes one.";
  return `${loads}, then reads, after a warm-up; rows are checked after each. ${howLong}`;
}

/** What has to be known to read the figures. */
function remarksOn(settings: BenchSettings, ground: Ground, measurements: readonly Measurement[]): string[] {
  const { cores, cpu, node, postgres } = describeMachine(ground.postgresVersion);
  const { pipeline } = settings.monolith;
  return [
    `${cores} cores of ${cpu}, Node ${node}, Postgres ${postgres}, load generator included.`,
    (ground.platform && idleCost(measurements)) ?? "",
    disturbance(measurements) ?? "",
    ...ground.skipped.map((sentence) => `Skipped: ${sentence}`),
    pipeline ? "The monolith pipelined its statements (MONOLITH_PIPELINE=true)." : "",
  ].filter((sentence) => sentence !== "");
}

/** All stand on one Postgres; the platform runs on while the others are measured. */
function contestantsOn(ground: Ground): Contestant[] {
  return ground.targets.map((target) => ({
    name: target.name,
    target,
    ground,
    bystanders: () => ({
      processes: ground.targets.filter((each) => each !== target).flatMap((each) => each.processes()),
      backends: target.name === "quartermaster" ? [] : platformBackends(ground),
    }),
  }));
}

function platformBackends({ stack }: Ground): CountedProcess[] {
  const pid = stack?.pids().postgres;
  if (!stack || pid === undefined) return [];
  return backendsOf(pid, new URL(stack.adminDatabaseUrl).pathname.slice(1));
}

/** pgbench has no code to be compiled while it runs; its tables need only be in memory. */
const pgbenchWarmUpSecondsMax = 2;

/** One order after the other: hundreds of them are enough for a median. An extra gets less time than what has a target. */
const secondsMax: Partial<Record<Shape, number>> = { single: 3, keyed: 4, crowd: 4 };

function secondsOf(shape: Shape, { measureSeconds }: BenchSettings): number {
  return Math.min(secondsMax[shape] ?? measureSeconds, measureSeconds);
}

/** The shapes share nearly all of their code, so that all but the first need little more. */
async function warmUp(settings: BenchSettings, target: Target, bench: Bench, wrong: Wrong): Promise<void> {
  const longest = target.name === "pgbench" ? pgbenchWarmUpSecondsMax : settings.warmUpSeconds;
  for (const [index, shape] of settings.shapes.filter((each) => target.takes(each)).entries()) {
    const seconds = index === 0 ? longest : Math.max(1, Math.round(longest / 8));
    bench.tell(`warming up ${target.name}, ${shape}: ${seconds} s`);
    const load = await target.load(shape, seconds);
    await target.settle();
    wrong(`${target.name}, ${shape}, warm-up`, [
      ...wrongAnswers(load),
      ...(load.orders === 0 ? ["no order was placed"] : []),
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
