// `make contracts`: what consumers rely on, and whether providers keep it. Plain JavaScript, like test.cjs beside it.
const { spawn, spawnSync } = require("node:child_process");
const { once } = require("node:events");
const { existsSync, mkdirSync, readFileSync, rmSync } = require("node:fs");
const { join } = require("node:path");
const { createInterface } = require("node:readline");

const root = join(__dirname, "..", "..");
const results = join(root, ".data", "jest-pact.json");

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});

/** The arguments narrow the tests down to paths that contain one of them, such as `services/inventory`. */
async function main(paths) {
  const missing = missingLibrary();
  if (missing) {
    console.error(missing);
    return 1;
  }
  mkdirSync(join(root, ".data"), { recursive: true });
  rmSync(results, { force: true });
  console.log("Consumers state what they rely on, then every provider is asked for it, on real servers.");
  const status = await jest(["--selectProjects", "pact", "--ci", "--maxWorkers=2", ...paths]);
  if (!existsSync(results)) {
    console.error("Nothing was checked: jest says above why.");
    return 1;
  }
  const { lines, kept, broken } = table(JSON.parse(readFileSync(results, "utf8")));
  console.log(`\n${lines.join("\n")}\n`);
  if (status === 0 && broken === 0 && kept > 0) {
    console.log(`Every contract is kept: ${kept} interactions verified.`);
    return 0;
  }
  console.log(
    broken > 0
      ? `Contracts are broken: ${broken} of ${kept + broken} interactions, named above.`
      : "Something failed: see above.",
  );
  return 1;
}

/** Each file of tests is printed as it ends. Ctrl-C reaches Jest too, which stops its servers. */
async function jest(args) {
  const program = join(root, "node_modules", ".bin", "jest");
  const child = spawn(program, [...args, "--json", `--outputFile=${results}`], {
    cwd: root,
    stdio: ["inherit", "ignore", "pipe"],
  });
  process.on("SIGINT", () => {});
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (!line.includes(noise)) console.error(line);
  });
  const [status] = await once(child, "close");
  return status;
}

/** Pact's library says so for each file of tests after the first one of a process. */
const noise = "Failed to initialise global tracing subscriber";

/** The sentence to print where Pact's native library is not there; undefined where it loads. */
function missingLibrary() {
  const pacts = join(root, "packages", "pacts");
  const program = "require('@pact-foundation/pact')";
  const { status, stderr } = spawnSync(process.execPath, ["-e", program], { cwd: pacts, encoding: "utf8" });
  if (status === 0) return undefined;
  const platform = `${process.platform}-${process.arch}`;
  const why = (stderr.match(/^\w*Error: .*$/m) ?? [""])[0];
  return (
    `Contract tests need Pact's native library, which does not load on ${platform} (${why}): install the packages with ` +
    "their optional dependencies, on Linux (glibc or musl) or macOS, x64 or arm64."
  );
}

/** Who relies on what, out of Jest's results: one line per consumer, provider and message, and under it what is broken. */
function table({ testResults }) {
  const rows = new Map();
  for (const { assertionResults } of testResults) {
    for (const { ancestorTitles, title, status, failureMessages } of assertionResults) {
      const parties = /^(.+) relies on ([a-z]+)$/.exec(ancestorTitles[0] ?? "");
      if (!parties) continue;
      const [, consumer, provider] = parties;
      const message = title.split(/[\s:]/)[0];
      const key = [consumer, provider, message].join(" ");
      const row = rows.get(key) ?? { consumer, provider, message, kept: 0, broken: [] };
      if (status === "passed") row.kept += 1;
      else row.broken.push({ title, why: (failureMessages[0] ?? status).split("\n    at ")[0] });
      rows.set(key, row);
    }
  }
  const sorted = [...rows.keys()].sort().map((key) => rows.get(key));
  return {
    lines: [
      ...columns([["Consumer", "Provider", "Message", "Interactions", "Verdict"], ...sorted.map(cellsOf)]),
      ...sorted.flatMap(reasonsOf),
    ],
    kept: sum(sorted.map(({ kept }) => kept)),
    broken: sum(sorted.map(({ broken }) => broken.length)),
  };
}

function cellsOf({ consumer, provider, message, kept, broken }) {
  const verdict = broken.length === 0 ? "kept" : `BROKEN: ${broken.length}`;
  return [consumer, provider, message, String(kept + broken.length), verdict];
}

function reasonsOf({ consumer, broken }) {
  return broken.map(({ title, why }) => `\n${consumer} relies on ${title}\n  ${readable(why)}`);
}

/** Without Jest's colours: the error is what Pact, or the provider's state, has to say. */
function readable(why) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are made of
  const plain = why.replace(/\u001b\[\d+m/g, "").replace(/^Error: /, "");
  return plain.replace(/\n\s*/g, "\n  ");
}

function columns(rows) {
  const widths = rows[0].map((_, n) => Math.max(...rows.map((row) => row[n].length)));
  return rows.map((row) =>
    row
      .map((cell, n) => cell.padEnd(widths[n]))
      .join("  ")
      .trimEnd(),
  );
}

function sum(numbers) {
  return numbers.reduce((total, one) => total + one, 0);
}
