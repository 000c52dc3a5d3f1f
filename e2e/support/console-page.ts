/** A command of the page, with what it is said to print. */
export interface Shown {
  line: number;
  command: string;
  output: string;
}

/** What the page goes through: a state that the test has to bring about, or commands. */
export type Step = { state: string } | { commands: Shown[] };

/** The steps of a page: `<!-- test: ... -->` names a state, a block of `console` holds commands behind "$ ". */
export function stepsOf(page: string): Step[] {
  const steps: Step[] = [];
  let block: Shown[] | undefined;
  for (const [n, text] of page.split("\n").entries()) {
    const state = /^<!-- test: (.+) -->$/.exec(text)?.[1];
    if (state) steps.push({ state });
    else if (text === "```console") {
      block = [];
      steps.push({ commands: block });
    } else if (text === "```") block = undefined;
    else if (block && text.startsWith("$ ")) block.push({ line: n + 1, command: text.slice(2), output: "" });
    else {
      const last = block?.at(-1);
      if (last) last.output += `${text}\n`;
    }
  }
  return steps;
}

/** The page with commands and outputs as they were run, by their line. */
export function withRun(page: string, ran: ReadonlyMap<number, Omit<Shown, "line">>): string {
  const lines: string[] = [];
  let inBlock = false;
  for (const [n, text] of page.split("\n").entries()) {
    if (text === "```console") inBlock = true;
    else if (text === "```") inBlock = false;
    else if (inBlock && !text.startsWith("$ ")) continue;
    const run = ran.get(n + 1);
    lines.push(run ? `$ ${run.command}` : text);
    if (run?.output) lines.push(...run.output.split("\n"));
  }
  return lines.join("\n");
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Everything that differs from run to run, and what stands for it. Nothing else may differ. */
const volatile: readonly [RegExp, string][] = [
  [uuid, "<id>"],
  [/\b[0-9a-f]{64}\b/g, "<hash>"],
  [/\b[A-Z0-9]{56}\b|\b[A-Z0-9]{22}\b/g, "<nats id>"],
  [/"(x|y|kid)":"[\w-]{43}"/g, '"$1":"<key>"'],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| \+0000 UTC)?/g, "<time>"],
  [/127\.0\.0\.1:\d+/g, "<server>"],
  [/\b(\d+(\.\d+)?(ns|µs|ms|s|m|h|d))+\b/g, "<duration>"],
  [/=\d+\.\d+s\b/g, "=<duration>"],
  [/=\d+\.\d{4};/g, "=<duration>;"],
  [/\b\d+(\.\d+)? (B|KiB|MiB)\b/g, "<size>"],
  [
    /"(uptimeSeconds|said|published|upTo|position|records|highest|seq|movements|levels|heldLines)": ?\d+/g,
    '"$1":<n>',
  ],
  // Which of two instances leads is decided anew at each start.
  [/"atWork": ?(true|false)/g, '"atWork":<so>'],
  [/"(last|first)": ?\d+/g, '"$1":<n>'],
  [/unprocessed=[1-9]\d*|Unprocessed Messages: [1-9]\d*/g, "<n> unprocessed"],
  [/(pending|outstanding|last_ack|last_delivery|ack_pending|pull_waiting)=[1-9]\d*/g, "$1=<n>"],
  [/buyer-[0-9a-f]+/g, "<buyer>"],
  // The CLI shows a version once for all rows below it.
  [/│ 0\.1\.0 /g, "│ "],
  [/\b\d+ \/ \d+(\.\d+)?%/g, "<n>"],
  // In a table any number but 0, and the width of its columns.
  [/(?<=│ *)[1-9]\d*(?= *│)/g, "<n>"],
  [/[─╭╮╰╯┬┴┼├┤]+/g, "-"],
  [/ {2,}/g, " "],
];

/** What is compared of an output: without what is volatile, and without the order of a table's rows. */
export function comparable(output: string): string {
  const plain = volatile.reduce((text, [pattern, name]) => text.replace(pattern, name), output);
  const lines = plain.split("\n").map((line) => line.trim());
  const rows = filledDown(lines.filter((line) => line.startsWith("│"))).sort();
  return [...lines.filter((line) => line !== "" && !line.startsWith("│")), ...rows].join("\n");
}

/** The CLI leaves a cell empty that says the same as the one above it; which rows are neighbours hangs on their ids. */
function filledDown(rows: readonly string[]): string[] {
  let above: readonly string[] = [];
  return rows.map((row) => {
    above = row.split("│").map((cell, n) => (cell.trim() === "" ? (above[n] ?? cell) : cell));
    return above
      .map((cell) => cell.trim())
      .join(" │ ")
      .trim();
  });
}

/** An id in a command stands for that of the first row in the list that was printed last. */
export function withId(command: string, id: string | undefined): string {
  return id === undefined ? command : command.replace(uuid, id);
}

/** The id of a list's first row, or undefined for an output that is no list. */
export function firstId(output: string): string | undefined {
  try {
    return (JSON.parse(output) as { data?: { id?: string }[] }).data?.[0]?.id;
  } catch {
    return undefined;
  }
}
