import { charts, escaped } from "./chart";
import type { CheckRun, RunReport } from "./run-report";

const style = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1f2328}
table{border-collapse:collapse;margin:.5rem 0 1rem}td,th{border:1px solid #d0d7de;padding:.25rem .6rem;text-align:left;vertical-align:top}
.ok{color:#1a7f37}.wrong{color:#cf222e;font-weight:600}svg{width:100%;font:11px system-ui}h2{margin-top:2.5rem}pre{white-space:pre-wrap}`;

/** One page that needs nothing beside itself. */
export function htmlOf(run: RunReport): string {
  const { platform: p, checks } = run;
  const failed = checks.filter(({ passed }) => !passed).length;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Quartermaster reliability, seed ${run.seed}</title>
<style>${style}</style>
<h1>Quartermaster reliability</h1>
<p>${run.size} form, seed <b>${run.seed}</b>, ${escaped(run.startedAt)}, ${Math.round(run.seconds)} s.
${failed === 0 ? '<b class="ok">All checks passed.</b>' : `<b class="wrong">${failed} of ${checks.length} checks failed.</b>`}</p>
<p>${escaped(`${p.cpu}, ${p.cores} cores, ${p.memoryGb} GB, ${p.system}; Node ${p.node}, Postgres ${p.postgres}, NATS ${p.nats}; commit ${p.commit}`)}</p>
${table(
  ["", "check", "result", "s", "operations", "faults"],
  checks.map((one) => [
    `${one.number}`,
    one.name,
    one.passed ? "passed" : "FAILED",
    `${Math.round(one.seconds)}`,
    operationsOf(one),
    faultsOf(one),
  ]),
)}
${checks.map(sectionOf).join("\n")}
</html>
`;
}

function sectionOf(run: CheckRun): string {
  const { report } = run;
  const tables = Object.entries(report.tables).map(
    ([title, [head = [], ...rows]]) => `<h3>${escaped(title)}</h3>${table(head, rows)}`,
  );
  return `<h2>${run.number}. ${escaped(run.name)}: <span class="${run.passed ? "ok" : "wrong"}">${run.passed ? "passed" : "failed"}</span></h2>
<p>${escaped(run.about)}</p><p>Sizes: ${escaped(JSON.stringify(run.sizes))}</p>
${run.error ? `<pre class="wrong">${escaped(run.error)}</pre>` : ""}
${run.again ? `<p>Again: <code>${escaped(run.again)}</code></p>` : ""}
${table(
  ["holds", "claim", "figure"],
  [
    ...report.claims.map(({ says, holds, figure }) => [holds ? "yes" : "NO", says, figure]),
    ...report.leftOut.map(({ says, why }) => ["left out", says, why]),
  ],
)}
${charts(report.timeline, report.faultTimes)}
${table(
  ["count", ""],
  [...Object.entries(report.counts), ...Object.entries(report.faults)].map(([name, count]) => [
    name,
    `${count}`,
  ]),
)}
${tables.join("\n")}`;
}

export function operationsOf({ report: { counts } }: CheckRun): string {
  const tried = counts["operations tried"];
  if (tried === undefined) return "";
  return `${tried} tried, ${counts["operations acknowledged"]} acknowledged, ${counts["operations unknown"]} unknown`;
}

export function faultsOf({ report: { faults } }: CheckRun): string {
  return Object.entries(faults)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
}

export function leftOutOf({ report: { leftOut } }: CheckRun): string {
  return leftOut.length === 0 ? "" : `left out: ${leftOut.map(({ says }) => says).join(", ")}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const cells = (tag: string, row: readonly string[]) =>
    row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("");
  return `<table><tr>${cells("th", head)}</tr>${rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("\n")}</table>`;
}
