import { isDeepStrictEqual } from "node:util";
import type { Change } from "./keyword-changes";
import { changesOf } from "./schema-changes";
import type { PublishedMessage, Snapshot } from "./snapshot";

/** What a new version of the contracts means for those who use the published one, each a sentence. */
export interface Verdict {
  breaks: string[];
  /** What is new or looser, and breaks nobody. */
  additions: string[];
}

/** Compares the messages of two versions. Nothing that was published may change under its name, except by addition. */
export function compare(published: Snapshot, current: Snapshot): Verdict {
  const now = new Map(current.messages.map((message) => [message.name, message]));
  const before = new Map(published.messages.map((message) => [message.name, message]));
  const verdicts = published.messages.map((message) => {
    const same = now.get(message.name);
    return same ? compareMessage(message, same) : removed(message, current, before);
  });
  const added = current.messages.filter(({ name }) => !before.has(name));
  return {
    breaks: verdicts.flatMap(({ breaks }) => breaks),
    additions: [
      ...verdicts.flatMap(({ additions }) => additions),
      ...added.map(({ subject }) => `${subject} is new.`),
    ],
  };
}

function removed(
  message: PublishedMessage,
  current: Snapshot,
  before: ReadonlyMap<string, PublishedMessage>,
): Verdict {
  const shapes = ({ parts }: PublishedMessage) =>
    Object.values(parts).map(({ $id, title, ...rules }) => rules);
  const renamed = current.messages.find(
    (one) => !before.has(one.name) && isDeepStrictEqual(shapes(one), shapes(message)),
  );
  const what = renamed ? `its subject changed to ${renamed.subject}` : "it was removed";
  return { breaks: [sentence(message, "", what, usersOf(message, message))], additions: [] };
}

function compareMessage(before: PublishedMessage, now: PublishedMessage): Verdict {
  const verdict: Verdict = { breaks: [], additions: [] };
  const users = usersOf(before, now);
  const breaks = (what: string) => verdict.breaks.push(sentence(before, "", what, users));
  const adds = (what: string) => verdict.additions.push(`${before.subject}: ${what}.`);
  if (before.subject !== now.subject) breaks(`its subject changed to ${now.subject}`);
  if (before.remembered && !now.remembered)
    breaks("its answers are not stored any more, so a repeat under the same id is done twice");
  for (const code of before.refusals.filter((one) => !now.refusals.includes(one)))
    breaks(`it is not refused with ${code} any more`);
  for (const code of now.refusals.filter((one) => !before.refusals.includes(one)))
    adds(`it may be refused with ${code} now`);
  for (const [part, schema] of Object.entries(before.parts)) {
    for (const change of toldOnce(changesOf(schema, now.parts[part] ?? {}))) {
      if (isBreak(part, change)) verdict.breaks.push(sentence(before, part, textOf(change), users));
      else verdict.additions.push(`${before.subject} (${part}): ${textOf(change)}.`);
    }
  }
  return verdict;
}

/**
 * An ask must go on taking what it took. An answer or a refusal must not say what its readers cannot read. An event must do
 * both: its rows stay, so what was said before the change is heard after it.
 */
function isBreak(part: string, { narrows, widens }: Change): boolean {
  if (part === "ask") return narrows;
  return part === "body" ? narrows || widens : widens;
}

/** An event has its fields twice, before and after: what changed in both is told of `new` alone. */
function toldOnce(changes: Change[]): Change[] {
  const isTold = ({ path, what }: Change) =>
    changes.some((one) => one.what === what && one.path === path.replace(/^old\b/, "new"));
  return changes.filter((change) => !/^old\b/.test(change.path) || !isTold(change));
}

/** `lines[].sku was removed`, but `lines[].quantity: maximum went from 3 to 2`. */
function textOf({ path, what }: Change): string {
  if (path === "") return what;
  return /^(was|is|may) /.test(what) ? `${path} ${what}` : `${path}: ${what}`;
}

function usersOf(before: PublishedMessage, now: PublishedMessage): string {
  const services = [...new Set([...before.parties, ...now.parties])].join(", ");
  const verb = before.kind === "event" ? "hears" : "asks";
  return services === "" ? `whoever ${verb} it elsewhere` : `${services}, and whoever ${verb} it elsewhere`;
}

function sentence({ subject }: PublishedMessage, part: string, what: string, whom: string): string {
  return `${subject}${part === "" ? "" : ` (${part})`}: ${what}. This breaks ${whom}.`;
}
