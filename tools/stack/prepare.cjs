// Installs the packages and builds, unless nothing has changed since. Plain JavaScript, because nothing is built yet.
const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "..", "..");
const stampFile = join(root, "node_modules", ".cache", "quartermaster-install");

checkNode();
install();
build();

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `Node ${process.versions.node} is too old: install Node 20.19 or newer, for instance from nodejs.org.`,
  );
}

function install() {
  const state = stateOfPackages();
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === state) return;
  console.log("installing packages");
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const args = ["--yes", packageManager, "install", "--frozen-lockfile", "--reporter=append-only"];
  run("npx", args, "The packages could not be installed: is the npm registry reachable from here?");
  mkdirSync(join(stampFile, ".."), { recursive: true });
  writeFileSync(stampFile, state);
}

function build() {
  console.log("building");
  run(join(root, "node_modules", ".bin", "tsc"), ["-b"], "The build failed: the compiler says above where.");
}

/** What decides about node_modules: the lock file and every package.json. */
function stateOfPackages() {
  const hash = createHash("sha256");
  const files = ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"];
  for (const group of ["packages", "services", "tools", "bench", "."]) {
    if (!existsSync(join(root, group))) continue;
    for (const name of readdirSync(join(root, group)).sort()) files.push(join(group, name, "package.json"));
  }
  for (const file of files) {
    if (existsSync(join(root, file))) hash.update(file).update(readFileSync(join(root, file)));
  }
  return `${hash.digest("hex")} ${process.platform} ${process.arch}`;
}

function run(program, args, sentence) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, CI: "true" },
  });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ""}${stderr ?? ""}`);
  fail(sentence);
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
