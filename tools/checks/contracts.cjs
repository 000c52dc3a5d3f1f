// `make contracts`: what consumers rely on, and whether providers keep it. Plain JavaScript, like test.cjs beside it.
const { spawnSync } = require("node:child_process");
const { existsSync, mkdirSync, readFileSync, rmSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "..", "..");
const results = join(root, ".data", "jest-pact.json");

module.exports = { table, missingLibrary };
if (require.main === module) process.exit(main(process.argv.slice(2)));

/** The arguments narrow the tests down to paths that contain one of them, such as `services/inventory`. */
function main(paths) {
  const missing = missingLibrary();
  if (missing) {
    console.error(missing);
    return 1;
  }
  mkdirSync(join(root, ".data"), { recursive: true });
  rmSync(results, { force: true });
  console.log("Consumers state what they rely on, then every provider is asked for it, on real servers.");
  const args = [
    "--selectProjects",
    "pact",
    "--ci",
    "--maxWorkers=2",
    "--json",
    `--outputFile=${results}`,
    ...paths,
  ];
  const jest = join(root, "node_modules", ".bin", "jest");
  const { status } = spawnSync(jest, args, { cwd: root, stdio: ["inherit", "ignore", "inherit"] });
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
  console.log(`Contracts are broken: ${broken} of ${kept + broken} interactions, and see above.`);
  return 1;
}

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

/** Without Jest's colours and its own sentence: what was received is what Pact has to say. */
function readable(why) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are made of
  const plain = why.replace(/\u001b\[\d+m/g, "");
  const received = /Received:\s+"([\s\S]*)"/.exec(plain)?.[1] ?? plain;
  return received.replace(/\n\s*/g, "\n  ");
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
