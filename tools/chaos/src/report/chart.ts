import type { FaultDone } from "./recorder";
import type { Second } from "./timeline";

interface Line {
  readonly name: string;
  readonly color: string;
  readonly values: readonly (number | null)[];
}

const width = 900;
const height = 170;
const left = 52;
const bottom = 22;
const top = 14;

/** Throughput and latency over the seconds of a check, with a mark where something was done to the platform; inline SVG. */
export function charts(timeline: readonly Second[], faults: readonly FaultDone[]): string {
  if (timeline.length < 2) return "";
  const marks = faults.map(({ at, kind, target }) => ({ second: at / 1_000, title: `${kind} ${target}` }));
  const throughput = chart("answers per second", marks, [
    { name: "settled", color: "#1a7f37", values: timeline.map(({ answered }) => answered) },
    { name: "asked again later", color: "#bf8700", values: timeline.map(({ unanswered }) => unanswered) },
  ]);
  const latency = chart("latency in ms, of what was settled", marks, [
    { name: "p50", color: "#0969da", values: timeline.map(({ p50Ms }) => p50Ms) },
    { name: "p99", color: "#8250df", values: timeline.map(({ p99Ms }) => p99Ms) },
  ]);
  return `${throughput}\n${latency}`;
}

function chart(
  title: string,
  marks: readonly { second: number; title: string }[],
  lines: readonly Line[],
): string {
  const seconds = Math.max(...lines.map(({ values }) => values.length)) - 1;
  const most = Math.max(1, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const x = (second: number) =>
    left + (Math.min(Math.max(second, 0), seconds) / seconds) * (width - left - 10);
  const y = (value: number) => top + (1 - value / most) * (height - top - bottom);
  const grid = [0, 0.5, 1].map(
    (share) =>
      `<line x1="${left}" x2="${width - 10}" y1="${y(most * share)}" y2="${y(most * share)}" stroke="#d0d7de"/>` +
      `<text x="${left - 6}" y="${y(most * share) + 4}" text-anchor="end">${Math.round(most * share)}</text>`,
  );
  const faults = marks.map(
    ({ second, title }) =>
      `<line x1="${x(second).toFixed(1)}" x2="${x(second).toFixed(1)}" y1="${top}" y2="${height - bottom}" stroke="#cf222e" stroke-dasharray="2 2"><title>${escaped(title)}</title></line>`,
  );
  const drawn = lines.map(
    ({ values, color }) =>
      `<path d="${pathOf(values, x, y)}" fill="none" stroke="${color}" stroke-width="1.5"/>`,
  );
  const legend = lines.map(
    ({ name, color }, n) =>
      `<text x="${left + 260 + n * 150}" y="10" fill="${color}">${escaped(name)}</text>`,
  );
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
${grid.join("")}${faults.join("")}${drawn.join("")}
<text x="${left}" y="10">${escaped(title)}</text>${legend.join("")}
<text x="${left}" y="${height - 6}">0 s</text><text x="${width - 10}" y="${height - 6}" text-anchor="end">${seconds} s</text>
</svg>`;
}

/** A gap where a second has no value. */
function pathOf(
  values: readonly (number | null)[],
  x: (n: number) => number,
  y: (value: number) => number,
): string {
  let isDown = false;
  const steps: string[] = [];
  for (const [n, value] of values.entries()) {
    if (value === null) {
      isDown = false;
      continue;
    }
    steps.push(`${isDown ? "L" : "M"}${x(n).toFixed(1)} ${y(value).toFixed(1)}`);
    isDown = true;
  }
  return steps.join("");
}

export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
