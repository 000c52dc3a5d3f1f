import { type Reader, sql } from "@quartermaster/messaging";
import type { Note } from "../sagas/engine/saga";

const historyRows = sql(
  "sagas-history",
  "select id, name, history from sagas where id = any($1::uuid[]) order by created_at, id",
);

/** The stored timeline of these sagas, the older saga first. */
export async function readHistory(
  db: Reader,
  ids: readonly string[],
): Promise<{ saga: string; at: string; note: Note }[]> {
  const rows = await db.rows<{ name: string; history: string }>(historyRows, [ids]);
  return rows.flatMap(({ name, history }) =>
    history
      .split("\n")
      .filter((line) => line !== "")
      .flatMap((line) => {
        const [ms, ...rest] = JSON.parse(line) as MoveLine | NoteLine;
        const at = new Date(ms).toISOString();
        const notes = typeof rest[0] === "string" ? [rest as NoteText] : (rest as NoteText[]);
        return notes.map(([kind, what, details]) => ({
          saga: name,
          at,
          note: { kind, what, ...(details ? { details } : {}) },
        }));
      }),
  );
}

// An array per move, with one per note: half the bytes of objects, in a row that is written three times per order.
type MoveLine = [at: number, ...notes: NoteText[]];
type NoteText = [kind: Note["kind"], what: string, details?: Note["details"]];
/** How sagas were written at first: a line per note. */
type NoteLine = [at: number, ...note: NoteText];

/** What a move adds to the timeline, at `now` (milliseconds since 1970). */
export function historyOf(notes: readonly Note[], now: number): string {
  if (notes.length === 0) return "";
  let line = `[${now}`;
  for (const note of notes) line += `,${textOf(note)}`;
  return `${line}]\n`;
}

// A note without details is its saga's table's own, the same object in every saga.
const noteTexts = new WeakMap<Note, string>();

function textOf(note: Note): string {
  const { kind, what, details } = note;
  if (details) return JSON.stringify([kind, what, details] satisfies NoteText);
  let text = noteTexts.get(note);
  if (text === undefined) {
    text = JSON.stringify([kind, what] satisfies NoteText);
    noteTexts.set(note, text);
  }
  return text;
}
