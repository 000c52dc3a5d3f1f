import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { doubtsAbout } from "./doubts";
import { type Ground, openGround } from "./ground";
import { describeMachine } from "./machine";
import { measure } from "./measure";
import { disturbance, type Measurement, ratiosOf, summarise, tableOf } from "./report";
import { type BenchSettings, readSettings, type Shape } from "./settings";
import type { Target } from "./target";

const resultsFolder = resolve(__dirname, "../../../bench/results");

/** What must be stopped, whichever way we end; the last started goes first. */
const started: (() => Promise<void>)[] = [];
let interrupted = false;

async function stopAll(): Promise<void> {
  for (const stop of started.splice(0).reverse()) {
    await stop().catch((error: Error) => say(`could not be stopped cleanly: ${error.message}`));
  }
}

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}

/** Every step with the time since the start, so that nobody wonders whether it goes on. */
function tell(sentence: string): void {
  const seconds = Math.round(process.uptime());
  say(`${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, "0")}  ${sentence}`);
}

async function bench(): Promise<boolean> {
  const settings = readSettings(process.env);
  say(planOf(settings));
  const folder = mkdtempSync(join(tmpdir(), "quartermaster-bench-"));
  started.push(async () => rmSync(folder, { recursive: true, force: true }));
  const ground = await openGround(settings, folder, { say: tell, started });
  const broken: string[] = [];
  const measurements = await measureInTurns(settings, ground, broken);
  const summaries = summarise(measurements);
  const machine = describeMachine(ground.postgresVersion);
  const file = writeResults({ machine, settings, summaries, measurements, broken, skipped: ground.skipped });
  say(tableOf(summaries));
  say("");
  say(
    `${machine.cores} cores of ${machine.cpu}, Node ${machine.node}, Postgres ${machine.postgres}, load generator included.`,
  );
  const disturbed = disturbance(measurements);
  if (disturbed) say(disturbed);
  for (const sentence of ground.skipped) say(`Skipped: ${sentence}`);
  if (settings.monolith.pipeline) say("The monolith pipelined its statements (MONOLITH_PIPELINE=true).");
  for (const sentence of broken) say(`BROKEN: ${sentence}`);
  say(`Raw results: ${file}`);
  const line = settings.shapes
    .map((shape) => `${shape}: ${ratiosOf(summaries.filter((each) => each.shape === shape)).join(", ")}`)
    .join("; ");
  say(broken.length === 0 ? `Done: every invariant holds. ${line}` : "Failed: the figures do not count.");
  return broken.length === 0;
}

/** What is about to happen, for whoever sees it for the first time. */
function planOf({ only, shapes, rounds, measureSeconds, quick }: BenchSettings): string {
  const loads = `${rounds} x ${measureSeconds} s of each load (${shapes.join(", ")}) on ${only.join(", ")}`;
  return `${loads}, after a warm-up; rows are checked after each. ${quick ? "About a minute." : "About five minutes; QUICK=1 takes one."}`;
}

/** pgbench has no code to be compiled while it runs; its tables need only be in memory. */
const pgbenchWarmUpSecondsMax = 2;

/** Every round puts each load on each target in turn, so that what changes with time strikes all alike. */
async function measureInTurns(
  settings: BenchSettings,
  ground: Ground,
  broken: string[],
): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  const wrong = (where: string, sentences: readonly string[]) => {
    for (const sentence of sentences) {
      broken.push(`${where}: ${sentence}`);
      tell(`BROKEN: ${where}: ${sentence}`);
    }
  };
  for (const target of ground.targets) {
    for (const shape of settings.shapes)
      wrong(`${target.name}, ${shape}, warm-up`, await warmUp(settings, target, shape));
  }
  for (let round = 1; round <= settings.rounds; round += 1) {
    for (const shape of settings.shapes) {
      for (const target of ground.targets) {
        const ordersBefore = await target.countOrders();
        const measured = await measure(ground, target, { shape, round, seconds: settings.measureSeconds });
        measurements.push(measured);
        tellOf(measured, settings);
        const newOrders = (await target.countOrders()) - ordersBefore;
        // pgbench counts what it has committed, and ends only after that.
        const cutOffMax = target.name === "pgbench" ? 0 : settings.connections;
        const counted = { newOrders, connections: settings.connections, cutOffMax };
        wrong(`${target.name}, ${shape}, round ${round}`, [
          ...doubtsAbout(measured, counted),
          ...(await target.rows.ofNewRows()),
        ]);
      }
    }
  }
  for (const target of ground.targets) {
    tell(`checking every row of ${target.name} once more`);
    wrong(`${target.name}, at the end`, [
      ...(await target.rows.ofAllRows()),
      ...((await target.brokenAtTheEnd?.()) ?? []),
    ]);
  }
  return measurements;
}

async function warmUp(settings: BenchSettings, target: Target, shape: Shape): Promise<string[]> {
  const { warmUpSeconds } = settings;
  const seconds =
    target.name === "pgbench" ? Math.min(pgbenchWarmUpSecondsMax, warmUpSeconds) : warmUpSeconds;
  tell(`warming up ${target.name}, ${shape}: ${seconds} s`);
  const { orders } = await target.load(shape, seconds);
  await target.settle();
  return [...(orders === 0 ? ["no order was placed"] : []), ...(await target.rows.ofNewRows())];
}

function tellOf(measured: Measurement, settings: BenchSettings): void {
  const others = Object.entries(measured.others).map(([status, count]) => `${count} x ${status}`);
  if (measured.foreignShare !== undefined)
    others.push(`${(measured.foreignShare * 100).toFixed(0)} % of the CPU to others`);
  if (measured.errors > 0) others.push(`${measured.errors} errors`);
  tell(
    `round ${measured.round}/${settings.rounds}  ${measured.shape.padEnd(6)}  ${measured.target.padEnd(13)}  ` +
      `${measured.ordersPerSecond.toFixed(0).padStart(5)} orders/s  ${others.join(", ")}`,
  );
}

function writeResults(results: object): string {
  mkdirSync(resultsFolder, { recursive: true });
  const name = `${new Date().toISOString().replaceAll(/[:.]/g, "-")}.json`;
  writeFileSync(join(resultsFolder, name), `${JSON.stringify(results, undefined, 2)}\n`);
  return join("bench/results", name);
}

async function stopEarly(signal: NodeJS.Signals): Promise<void> {
  if (interrupted) return;
  interrupted = true;
  say(`${signal}: stopping everything`);
  await stopAll();
  process.exit(signal === "SIGINT" ? 130 : 143);
}

process.on("SIGINT", (signal) => void stopEarly(signal));
process.on("SIGTERM", (signal) => void stopEarly(signal));

void bench()
  .catch((error: Error) => {
    if (!interrupted) say(`Failed: ${error.message}`);
    return false;
  })
  .then(async (good) => {
    // After a Ctrl-C the loads fail as well; stopEarly is at work then, and ends the process.
    if (interrupted) return;
    await stopAll();
    process.exit(good ? 0 : 1);
  });
