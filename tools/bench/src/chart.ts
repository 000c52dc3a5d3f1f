/** One bar, or one part of a stacked bar. */
export interface Bar {
  readonly label: string;
  readonly parts: readonly { readonly name: string; readonly value: number }[];
  /** Behind the bar, such as "1,170". */
  readonly note: string;
}

export interface BarPanel {
  readonly title: string;
  readonly bars: readonly Bar[];
}

const width = 760;
const labelWidth = 210;
const noteWidth = 90;
const barHeight = 20;
const rowHeight = 28;
const titleHeight = 34;
const legendHeight = 26;

/** Dark enough for white paper, light enough for black; told apart without colour by their order and the legend. */
const colours = [
  "#4477aa",
  "#ee6677",
  "#228833",
  "#ccbb44",
  "#66ccee",
  "#aa3377",
  "#bbbbbb",
  "#ee8866",
  "#44bb99",
];

/** Horizontal bars, panel under panel, as one SVG. Every panel has a scale of its own, from 0. */
export function barChart(panels: readonly BarPanel[], caption: string): string {
  let top = 0;
  const drawn = panels.map((panel) => {
    const text = panelAt(panel, top);
    top += heightOf(panel);
    return text;
  });
  const height = top + 30;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="sans-serif" font-size="13">`,
    `<title>${escaped(caption)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...drawn,
    `<text x="12" y="${height - 12}" fill="#555555" font-size="11">${escaped(caption)}</text>`,
    "</svg>",
    "",
  ].join("\n");
}

function heightOf(panel: BarPanel): number {
  return titleHeight + panel.bars.length * rowHeight + (namesOf(panel).length > 1 ? legendHeight : 0) + 10;
}

function namesOf({ bars }: BarPanel): string[] {
  return [...new Set(bars.flatMap(({ parts }) => parts.map(({ name }) => name)))];
}

function panelAt(panel: BarPanel, top: number): string {
  const names = namesOf(panel);
  const most = Math.max(...panel.bars.map(totalOf), Number.MIN_VALUE);
  const scale = (width - labelWidth - noteWidth) / most;
  const lines = [`<text x="12" y="${top + 22}" font-weight="bold">${escaped(panel.title)}</text>`];
  for (const [index, bar] of panel.bars.entries()) {
    const y = top + titleHeight + index * rowHeight;
    lines.push(`<text x="${labelWidth - 8}" y="${y + 15}" text-anchor="end">${escaped(bar.label)}</text>`);
    let x = labelWidth;
    for (const { name, value } of bar.parts) {
      const length = value * scale;
      lines.push(
        rectangle({ x, y, length, colour: colourOf(names.length > 1 ? names.indexOf(name) : index) }),
      );
      x += length;
    }
    lines.push(`<text x="${(x + 6).toFixed(1)}" y="${y + 15}">${escaped(bar.note)}</text>`);
  }
  if (names.length > 1) lines.push(legend(names, top + titleHeight + panel.bars.length * rowHeight + 6));
  return lines.join("\n");
}

function totalOf({ parts }: Bar): number {
  return parts.reduce((sum, { value }) => sum + value, 0);
}

function rectangle({
  x,
  y,
  length,
  colour,
}: {
  x: number;
  y: number;
  length: number;
  colour: string;
}): string {
  return `<rect x="${x.toFixed(1)}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" fill="${colour}"/>`;
}

function colourOf(index: number): string {
  return colours[index % colours.length] ?? "#000000";
}

function legend(names: readonly string[], y: number): string {
  let x = 12;
  return names
    .map((name, index) => {
      const text = `<rect x="${x}" y="${y}" width="12" height="12" fill="${colourOf(index)}"/><text x="${x + 16}" y="${y + 11}" font-size="12">${escaped(name)}</text>`;
      x += 30 + name.length * 7;
      return text;
    })
    .join("");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
