import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, startPostgres } from "@quartermaster/servers";
import { inDatabase, makeDatabase } from "./ground";
import { measure } from "./measure";
import { startMonolith } from "./monolith";
import { startPgbench } from "./pgbench";
import type { Measurement } from "./report";
import { type BenchSettings, readSettings } from "./settings";
import { median } from "./statistics";
import type { Target } from "./target";

/**
 * Finds the baseline's best settings: all variants at once, turn by turn, so that a disturbance strikes all alike.
 * VARIANTS is a list of pool:workers:pipeline, or pgbench:clients. Prints the median and the best of each, over its
 * quieter half.
 */
const variantsByDefault = "2:1:false,3:1:false,4:1:false,6:1:false,8:1:false,4:2:false,3:1:true,4:1:true";

async function tune(): Promise<void> {
  const settings = readSettings(process.env);
  const folder = mkdtempSync(join(tmpdir(), "quartermaster-tune-"));
  const postgres = await startPostgres({
    folder: join(folder, "postgres"),
    password: "postgres",
    durable: true,
  });
  const adminUrl = postgres.url("postgres");
  const targets = new Map<string, Target>();
  try {
    for (const variant of (process.env.VARIANTS ?? variantsByDefault).split(",")) {
      const database = `bench_${targets.size}`;
      await makeDatabase(adminUrl, database);
      targets.set(variant, await startVariant(variant, settings, inDatabase(adminUrl, database), folder));
    }
    const ground = { adminUrl, processes: [{ name: "postgres", pid: postgres.pid }] };
    const measurements = new Map<string, Measurement[]>();
    for (const target of targets.values()) await target.load("spread", settings.warmUpSeconds);
    for (let round = 1; round <= settings.rounds; round += 1) {
      for (const shape of settings.shapes) {
        for (const [variant, target] of targets) {
          if (!target.takes(shape)) continue;
          const measured = await measure(ground, target, { shape, round, seconds: settings.measureSeconds });
          const key = `${shape.padEnd(8)}${variant.padEnd(14)}`;
          measurements.set(key, [...(measurements.get(key) ?? []), measured]);
        }
      }
    }
    for (const [key, mine] of measurements) process.stdout.write(`${key}${figuresOf(mine)}\n`);
  } finally {
    for (const target of targets.values()) await target.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startVariant(
  variant: string,
  settings: BenchSettings,
  adminUrl: string,
  folder: string,
): Promise<Target> {
  const [first = "", workers = "1", pipeline = "false"] = variant.split(":");
  if (first === "pgbench") {
    const pgbenchClients = Number(workers);
    return startPgbench({
      settings: { ...settings, pgbenchClients },
      adminUrl,
      folder: join(folder, `pgbench-${workers}`),
    });
  }
  const monolith = { poolSize: Number(first), workers: Number(workers), pipeline: pipeline === "true" };
  const logFile = join(folder, `monolith-${variant.replaceAll(":", "-")}.log`);
  return startMonolith({ settings: { ...settings, monolith }, adminUrl, port: await freePort(), logFile });
}

/** Over the half of the measurements that other processes disturbed least. */
function figuresOf(all: readonly Measurement[]): string {
  const quietest = [...all].sort((a, b) => (a.foreignShare ?? 0) - (b.foreignShare ?? 0));
  const mine = quietest.slice(0, Math.ceil(all.length / 2));
  const rates = mine.map((each) => each.ordersPerSecond);
  const cpu = median(mine.map((each) => each.cpuSecondsPerThousand ?? 0));
  const foreign = median(mine.map((each) => each.foreignShare ?? 0));
  const p99 = median(mine.map((each) => each.p99Ms));
  return (
    `median ${median(rates).toFixed(0).padStart(5)}  best ${Math.max(...rates)
      .toFixed(0)
      .padStart(5)} orders/s  ` +
    `p99 ${p99.toFixed(0).padStart(4)} ms  CPU ${cpu.toFixed(2)} s/1,000  others ${(foreign * 100).toFixed(0)} %`
  );
}

tune().catch((error: Error) => {
  process.stdout.write(`Failed: ${error.message}\n`);
  process.exitCode = 1;
});
