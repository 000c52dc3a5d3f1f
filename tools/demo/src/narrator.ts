import type { Answer, Asking } from "./client";

/** Tells the story on the terminal and counts what was not as told. */
export interface Narrator {
  chapter(title: string): void;
  /** A request and, of its answer, the fields that matter (all of the next `show` call's paths). */
  exchange(method: string, path: string, asking: Asking, answer: Answer): void;
  /** A part of an answer, or a table of rows. */
  show(label: string, value: unknown): void;
  rows(lines: readonly (readonly unknown[])[]): void;
  /** A claim, and whether it holds. */
  told(claim: string, holds: boolean): void;
  readonly broken: number;
  readonly held: number;
}

const hidden = new Set(["password", "access_token", "refresh_token"]);
const bodyTextMax = 160;

export function openNarrator(write: (line: string) => void, coloured: boolean): Narrator {
  const paint = (code: number) => (text: string) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);
  const [bold, dim, red, green, cyan] = [paint(1), paint(2), paint(31), paint(32), paint(36)];
  let chapters = 0;
  let [held, broken] = [0, 0];
  return {
    chapter: (title) => {
      chapters += 1;
      write("");
      write(bold(`${chapters}. ${title}`));
    },
    exchange: (method, path, { body, headers }, { status }) => {
      const extra = Object.entries(headers ?? {}).map(([name, value]) => dim(` ${name}: ${value}`));
      const sent = body === undefined ? "" : ` ${dim(brief(body))}`;
      const paintStatus = status < 400 ? green : red;
      write(`   ${cyan(method.padEnd(5))} ${path}${sent}${extra.join("")}  ${paintStatus(String(status))}`);
    },
    show: (label, value) => write(`         ${dim(label.padEnd(14))} ${plain(value)}`),
    rows: (lines) => {
      for (const line of aligned(lines)) write(`         ${line}`);
    },
    told: (claim, holds) => {
      if (holds) held += 1;
      else broken += 1;
      write(`   ${holds ? green("ok   ") : red("WRONG")} ${claim}`);
    },
    get broken() {
      return broken;
    },
    get held() {
      return held;
    },
  };
}

/** A body on one line, its secrets as dots. */
function brief(body: unknown): string {
  const text = plain(body, (key, value) => (hidden.has(key) ? "..." : value));
  return text.length <= bodyTextMax ? text : `${text.slice(0, bodyTextMax)}...`;
}

/** A text as it is; anything else as JSON with less to read. */
function plain(value: unknown, replace?: (key: string, value: unknown) => unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined) return "nothing";
  const lines = JSON.stringify(value, replace, 1).replace(/"(\w+)": /g, "$1: ");
  return lines
    .replace(/([{[])\n\s*/g, "$1")
    .replace(/\n\s*([}\]])/g, "$1")
    .replace(/\n\s*/g, " ");
}

function aligned(lines: readonly (readonly unknown[])[]): string[] {
  const texts = lines.map((line) => line.map((cell) => plain(cell)));
  const widths = (texts[0] ?? []).map((_, column) =>
    Math.max(...texts.map((line) => line[column]?.length ?? 0)),
  );
  return texts.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
