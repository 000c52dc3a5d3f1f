import { existsSync, writeFileSync } from "node:fs";
import { compare } from "./compare";
import { currentSnapshot, publishedFile, publishedSnapshot, type Snapshot, snapshotText } from "./snapshot";

/** What publishing came to, in lines for people; `isDone` is false when it was refused. */
export interface Publication {
  isDone: boolean;
  lines: string[];
}

export const advice =
  "Leave the published message as it is, and declare the next version beside it (docs/adding-a-message.md).";

/**
 * Decides whether the current messages may be published after the published ones. `retired` names messages that are taken out
 * on purpose: the only break that a new version of a message does not spare.
 */
export function judge(published: Snapshot, current: Snapshot, retired: readonly string[]): Publication {
  const unknown = retired.filter((name) => !published.messages.some((message) => message.name === name));
  const alive = retired.filter((name) => current.messages.some((message) => message.name === name));
  if (unknown.length > 0) return refused(`Never published: ${unknown.join(", ")}.`);
  if (alive.length > 0) return refused(`Still declared, so not retired: ${alive.join(", ")}.`);
  const kept = { ...published, messages: published.messages.filter(({ name }) => !retired.includes(name)) };
  const { breaks, additions } = compare(kept, current);
  if (breaks.length > 0) return refused(...breaks, advice);
  const changes = [...additions, ...retired.map((name) => `${name} is retired.`)];
  if (changes.length > 0 && !isLater(current.version, published.version)) {
    const version = `${published.version} is published already`;
    return refused(...changes, `${version}: raise the version in packages/contracts/package.json.`);
  }
  return { isDone: true, lines: changes.length > 0 ? changes : ["Nothing has changed since."] };
}

/** Makes the current messages the published ones, or says why not. */
export function publish(retired: readonly string[]): Publication {
  const current = currentSnapshot();
  const isFirst = !existsSync(publishedFile);
  const verdict = isFirst
    ? { isDone: true, lines: [`${current.messages.length} messages, published for the first time.`] }
    : judge(publishedSnapshot(), current, retired);
  if (verdict.isDone) writeFileSync(publishedFile, snapshotText(current));
  return verdict;
}

function refused(...lines: string[]): Publication {
  return { isDone: false, lines };
}

/** Whether a version is later than another; both are three numbers. */
function isLater(version: string, than: string): boolean {
  const [one, other] = [version, than].map((text) => text.split(".").map(Number)) as [number[], number[]];
  const index = one.findIndex((number, n) => number !== other[n]);
  return index >= 0 && (one[index] ?? 0) > (other[index] ?? 0);
}
