// `make test`: everything that must hold before a change is merged. Plain JavaScript, because nothing is built yet.
const { spawnSync } = require("node:child_process");
const { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "..", "..");
const output = join(root, ".data");
const bin = (name) => join(root, "node_modules", ".bin", name);
let passed = 0;
let failed = 0;

mkdirSync(output, { recursive: true });
const isPrepared = step("install and build", process.execPath, [join(root, "tools", "stack", "prepare.cjs")]);
if (isPrepared) {
  step("types of the tests", bin("tsc"), ["-p", "tsconfig.test.json"]);
  step("format and lint", bin("biome"), ["check", "--error-on-warnings", "."]);
  step("import rules", process.execPath, [join(__dirname, "import-rules.cjs")]);
  jest(["unit", "int"], ["--maxWorkers=2"]);
  contracts();
  jest(["e2e"], ["--runInBand"]);
}
const line = `${passed} passed, ${failed} failed`;
writeFileSync(join(output, "test-summary.txt"), `${line}\n`);
console.log(failed === 0 ? "\nAll is well." : "\nSomething failed: see above.");
console.log(line);
process.exit(failed === 0 ? 0 : 1);

/** A step that fails counts as one failure, so that the last line never hides it. */
function step(title, program, args) {
  console.log(`\n== ${title}`);
  const { status } = spawnSync(program, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) failed += 1;
  return status === 0;
}

function jest(projects, args) {
  console.log(`\n== tests: ${projects.join(", ")}`);
  const file = resultsOf(projects);
  const all = ["--selectProjects", ...projects, "--ci", "--json", `--outputFile=${file}`, ...args];
  const { status } = spawnSync(bin("jest"), all, { cwd: root, stdio: ["inherit", "ignore", "inherit"] });
  count(projects, file, status);
}

/** As `make contracts` runs them, with the table of who relies on what. */
function contracts() {
  console.log("\n== contracts");
  const file = resultsOf(["pact"]);
  const program = join(__dirname, "contracts.cjs");
  const { status } = spawnSync(process.execPath, [program], { cwd: root, stdio: "inherit" });
  count(["pact"], file, status);
}

/** Where Jest writes what became of the tests; not there before it runs. */
function resultsOf(projects) {
  const file = join(output, `jest-${projects.join("-")}.json`);
  rmSync(file, { force: true });
  return file;
}

function count(projects, file, status) {
  if (!existsSync(file)) {
    failed += 1;
    return;
  }
  const result = JSON.parse(readFileSync(file, "utf8"));
  const broken = result.numFailedTests + result.numRuntimeErrorTestSuites;
  const empty = projects.filter((project) => passedOf(project, result) === 0);
  for (const project of empty)
    console.log(`No test of "${project}" has passed, so nothing was checked by it.`);
  passed += result.numPassedTests;
  failed += Math.max(broken, empty.length, status === 0 ? 0 : 1);
}

/** A test belongs to the project that its file name says. */
function passedOf(project, { testResults }) {
  const files = testResults.filter(({ name }) => name.endsWith(`.${project}.test.ts`));
  return files.flatMap((file) => file.assertionResults).filter(({ status }) => status === "passed").length;
}
