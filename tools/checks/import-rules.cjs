// Checks who imports what, by .dependency-cruiser.cjs. Fails too when it saw no module, because then nothing was checked.
// usage: import-rules.cjs [--root=<another repository>] [folder ...]
const { spawnSync } = require("node:child_process");
const { existsSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

const repository = join(__dirname, "..", "..");
const root = process.argv.find((arg) => arg.startsWith("--root="))?.slice("--root=".length) ?? repository;
const everything = ["packages", "services", "tools", "bench", "e2e"];
const asked = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const folders = (asked.length > 0 ? asked : everything).filter((folder) => existsSync(join(root, folder)));
const { modules, summary } = cruise(folders);
const own = modules.filter(
  ({ source }) => !source.includes("node_modules/") && existsSync(join(root, source)),
);
const violations = summary.violations.filter((violation) => !isOfTypesOnly(violation));

const lines = violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);

for (const line of lines.sort()) console.log(line);
if (own.length === 0) console.log("No module was seen, so nothing was checked.");
console.log(`${own.length} modules, ${violations.length} imports against the rules`);
process.exit(violations.length === 0 && own.length > 0 ? 0 : 1);

function cruise(paths) {
  const program = join(repository, "node_modules", ".bin", "depcruise");
  const args = ["--config", join(repository, ".dependency-cruiser.cjs"), "--output-type", "json", ...paths];
  const { stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 });
  try {
    return JSON.parse(stdout);
  } catch {
    console.error(`dependency-cruiser did not run: ${stderr}`);
    process.exit(1);
  }
}

/** swc keeps `import type`, which compiles to nothing: such an import cannot break a rule, and cuts a cycle. */
function isOfTypesOnly({ from, to, cycle }) {
  if (cycle === undefined) return importsTypesOnly(from, to);
  const ring = cycle.map(({ name }) => name);
  return ring.some((name, index) => importsTypesOnly(name, ring[(index + 1) % ring.length]));
}

function importsTypesOnly(from, to) {
  const module_ = modules.find(({ source }) => source === from);
  const names = (module_?.dependencies ?? [])
    .filter(({ resolved }) => resolved === to)
    .map(({ module }) => module);
  if (names.length === 0) return false;
  const text = readFileSync(join(root, from), "utf8");
  return names.every((name) => {
    const statements = [...text.matchAll(/^(?:import|export)\b[^;]*?["']([^"']+)["']/gm)].filter(
      ([, of]) => of === name,
    );
    return (
      statements.length > 0 && statements.every(([statement]) => /^(import|export) type\b/.test(statement))
    );
  });
}
