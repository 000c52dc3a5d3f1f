import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Machine } from "@quartermaster/servers";
import { type Bar, barChart } from "./chart";
import type { MemoryMb } from "./memory";
import type { ReadSummary } from "./reads-report";
import { type Summary, titles } from "./report";
import type { Shape } from "./settings";
import type { Verdict } from "./verdicts";

/**
 * Puts the results of a run into docs: the chart, and the tables of docs/performance.md between their marks. No figure
 * there is typed by hand. Takes the file that is named, or the newest of bench/results.
 */
const root = resolve(__dirname, "../../..");
const resultsFolder = join(root, "bench/results");
const page = join(root, "docs/performance.md");

interface Results {
  readonly machine: Machine;
  readonly settings: {
    readonly rounds: number;
    readonly measureSeconds: number;
    readonly connections: number;
  };
  readonly summaries: readonly Summary[];
  readonly reads: readonly ReadSummary[];
  readonly memory?: MemoryMb;
  readonly verdicts: readonly Verdict[];
  readonly broken: readonly string[];
}

function readResults(named: string | undefined): Results {
  const newest = readdirSync(resultsFolder)
    .filter((name) => name.startsWith("bench-"))
    .sort()
    .at(-1);
  const file = named ?? (newest && join(resultsFolder, newest));
  if (!file) throw new Error("there are no results yet: run `make bench`");
  return JSON.parse(readFileSync(file, "utf8")) as Results;
}

/** Replaces what stands between `<!-- mark -->` and `<!-- /mark -->`. */
function between(whole: string, mark: string, table: string): string {
  const [start, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const [from, to] = [whole.indexOf(start), whole.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for ${mark}`);
  return `${whole.slice(0, from + start.length)}\n${table}\n${whole.slice(to)}`;
}

function tablesOf({ machine, settings, summaries, reads, verdicts }: Results): Record<string, string> {
  const { cores, cpu, node, postgres } = machine;
  const loads = `${settings.rounds} rounds of ${settings.measureSeconds} s, ${settings.connections} connections`;
  const how = `${loads}, ${cores} cores (${cpu}), Node ${node}, Postgres ${postgres}, load generator included.`;
  return {
    targets: `${how}\n\n${markdown(
      ["", "wanted", "measured", ""],
      verdicts.map(({ claim, wanted, measured, reached }) => [
        claim,
        wanted,
        measured,
        reached === undefined ? "" : reached ? "reached" : "**not reached**",
      ]),
    )}`,
    loads: markdown(
      ["", "orders/s", "p50 ms", "p99 ms", "audit complete after", "CPU ms per order"],
      summaries.map((each) => [
        `${each.shape}: ${titles[each.target]}`,
        each.ordersPerSecond.toFixed(0),
        each.p50Ms.toFixed(1),
        each.p99Ms.toFixed(1),
        each.target === "quartermaster" ? `${(each.settleMs / 1000).toFixed(1)} s` : "",
        each.cpuSecondsPerThousand?.toFixed(2) ?? "",
      ]),
    ),
    reads: markdown(
      ["", "Quartermaster, requests/s", "bare endpoint, requests/s", "ratio"],
      reads.map(({ endpoint, quartermaster, bare, ratio }) => [
        `\`${endpoint}\``,
        quartermaster.requestsPerSecond.toFixed(0),
        bare.requestsPerSecond.toFixed(0),
        ratio.toFixed(2),
      ]),
    ),
    cpu: cpuTable(summaries),
  };
}

/** Milliseconds of each process group per order, for each shape of the load. */
function cpuTable(summaries: readonly Summary[]): string {
  const mine = summaries.filter((each) => each.target === "quartermaster" && each.cpuByGroup);
  const groups = groupsOf(mine);
  const total = mine.map((each) => (each.cpuSecondsPerThousand ?? 0).toFixed(2));
  return markdown(
    ["CPU ms per order", ...mine.map((each) => each.shape)],
    [
      ...groups.map((group) => [group, ...mine.map((each) => (each.cpuByGroup?.[group] ?? 0).toFixed(2))]),
      ["together", ...total],
    ],
  );
}

/** The largest first. */
function groupsOf(summaries: readonly Summary[]): string[] {
  const groups = summaries[0]?.cpuByGroup ?? {};
  return Object.entries(groups)
    .sort(([, a], [, b]) => b - a)
    .map(([name]) => name);
}

function markdown(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heads, heads.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const shapeNames: Readonly<Record<Shape, string>> = {
  spread: "spread over all products",
  hot: "all on one product",
  single: "one connection",
  keyed: "spread, with Idempotency-Keys",
  crowd: "all on one product, many connections",
};

/** Those that are drawn. */
const chartShapes: readonly Shape[] = ["spread", "hot"];

function chartOf({ machine, settings, summaries }: Results): string {
  const rates = chartShapes.map((shape) => ({
    title: `Orders a second, ${settings.connections} connections, ${shapeNames[shape]}`,
    bars: summaries
      .filter((each) => each.shape === shape)
      .map((each): Bar => {
        const value = each.ordersPerSecond;
        return { label: titles[each.target], parts: [{ name: "", value }], note: value.toFixed(0) };
      }),
  }));
  const mine = summaries.filter(
    (each) => each.target === "quartermaster" && chartShapes.includes(each.shape),
  );
  const cpu = {
    title: "Where an order's CPU goes, ms (the load generator not counted)",
    bars: mine.map((each): Bar => {
      const parts = groupsOf(mine).map((name) => ({ name, value: each.cpuByGroup?.[name] ?? 0 }));
      return {
        label: shapeNames[each.shape],
        parts,
        note: `${(each.cpuSecondsPerThousand ?? 0).toFixed(2)} ms`,
      };
    }),
  };
  const panels = [...rates, cpu].filter(({ bars }) => bars.length > 0);
  return barChart(
    panels,
    `make bench on ${machine.cores} cores, load generator included; medians of ${settings.rounds} rounds.`,
  );
}

const results = readResults(process.argv[2]);
if (results.broken.length > 0) throw new Error("the run broke an invariant: its figures do not count");
writeFileSync(join(root, "docs/performance.svg"), chartOf(results));
let text = readFileSync(page, "utf8");
for (const [mark, table] of Object.entries(tablesOf(results))) text = between(text, mark, table);
writeFileSync(page, text);
process.stdout.write("docs/performance.svg and the tables of docs/performance.md are written.\n");
