import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "@quartermaster/servers";
import type { Recorder } from "../report/recorder";

const repository = join(__dirname, "..", "..", "..", "..");

interface JestResult {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { name: string; message: string; assertionResults: { status: string; fullName: string }[] }[];
}

/** Runs tests that exist already, and claims that every one of them passes: what they check need not be written twice. */
export async function runTests(
  record: Recorder,
  paths: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "quartermaster-chaos-"));
  const output = join(folder, "jest.json");
  const jest = join(repository, "node_modules", ".bin", "jest");
  const args = ["--ci", "--maxWorkers=1", "--json", `--outputFile=${output}`, "--runTestsByPath", ...paths];
  try {
    const ran = await runCommand(jest, args, {
      cwd: repository,
      env: { ...process.env, ...env },
      withinMs: 3_600_000,
    });
    const result = resultIn(output);
    if (!result) throw new Error(`the tests did not run: ${ran.output.slice(-2_000)}`);
    for (const file of result.testResults) {
      const failed = file.assertionResults.filter(({ status }) => status === "failed");
      const passed = file.assertionResults.filter(({ status }) => status === "passed").length;
      const name = file.name.slice(repository.length + 1);
      const isWell = failed.length === 0 && passed > 0;
      const figure = isWell
        ? `${passed} passed`
        : failed.map(({ fullName }) => fullName).join("; ") || file.message;
      record.claim(`the tests of ${name} pass`, isWell, figure.slice(0, 1_000));
    }
    record.count("tests passed", result.numPassedTests);
    for (const line of ran.output.split("\n"))
      if (/^(saga exploration|with a paused|random sagas)/.test(line)) record.row("Model", [line]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function resultIn(file: string): JestResult | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as JestResult;
  } catch {
    return undefined;
  }
}
