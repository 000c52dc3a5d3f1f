import type { HttpLoadResult } from "./http-load";
import type { Bench } from "./program";

/** Takes sentences about what must not be, and where it was seen. */
export type Wrong = (where: string, sentences: readonly string[]) => void;

/** What a run has found to be wrong. One sentence is enough for its figures not to count. */
export interface Findings {
  readonly broken: readonly string[];
  readonly wrong: Wrong;
}

/** Says each finding at once, and keeps it for the end. */
export function openFindings(bench: Pick<Bench, "tell">): Findings {
  const broken: string[] = [];
  const wrong: Wrong = (where, sentences) => {
    for (const sentence of sentences) {
      broken.push(`${where}: ${sentence}`);
      bench.tell(`BROKEN: ${where}: ${sentence}`);
    }
  };
  return { broken, wrong };
}

/** A sentence for each status that no order of a load that can be carried is answered with: that is any but 201. */
export function wrongAnswers({ others }: Pick<HttpLoadResult, "others">): string[] {
  return Object.entries(others).map(([status, count]) => `${count} x ${status} where only 201 is right`);
}

/** The last lines of every command: what is broken, where the raw results lie, and whether they count. True when they do. */
export function sayEnd(
  { say }: Pick<Bench, "say">,
  { broken, file, summary = "" }: { broken: readonly string[]; file: string; summary?: string },
): boolean {
  for (const sentence of broken) say(`BROKEN: ${sentence}`);
  say(`Raw results: ${file}`);
  const isSound = broken.length === 0;
  say(isSound ? `Done: every invariant holds. ${summary}`.trimEnd() : "Failed: the figures do not count.");
  return isSound;
}
