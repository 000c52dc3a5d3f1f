import { type Done, Fault, type Refused, type SaidWith, type Tx } from "@quartermaster/messaging";
import { hasEnded, type Input, type Note, type Sending } from "../sagas/engine/state";
import { begin, transition } from "../sagas/engine/transition";
import { insertSagas, lockSagas, moveSagas, type SagaRow, type Waiting } from "../store/sagas";
import type { Beginning, Play } from "./play";

/** Something that happened to a saga, with the saga as it was last seen; `joins` waits for its end from now on. */
export interface Happening {
  readonly row: SagaRow;
  readonly input: Input;
  readonly joins?: Waiting;
}

/** What the sagas of a batch have come to. */
export interface Advanced {
  readonly said: SaidWith[];
  readonly settled: { id: string; outcome: Done | Refused }[];
  /** To be sent after the commit. */
  readonly sends: { row: SagaRow; sending: Sending }[];
}

export type Plays = Readonly<Record<string, Play>>;

interface Moving {
  row: SagaRow;
  readonly fromVersion: number;
  readonly locals: string[];
  readonly sends: Sending[];
  readonly notes: Note[];
}

/**
 * Moves sagas on, a whole batch in a handful of statements. It starts from what the caller last saw, without reading;
 * where somebody else was faster, the compare-and-set misses and that saga is read again, locked, and judged anew.
 */
export async function advance(
  tx: Tx,
  plays: Plays,
  happenings: readonly Happening[],
  now: number,
): Promise<Advanced> {
  const moving = movesOf(plays, happenings, now);
  const moved = await moveSagas(
    tx,
    moving.map((one) => ({ ...one, now })),
  );
  const missed = new Set(moving.map((one) => one.row.state.id).filter((id) => !moved.has(id)));
  const through = moving.filter((one) => moved.has(one.row.state.id));
  if (missed.size > 0) through.push(...(await advanceMissed(tx, plays, happenings, missed, now)));
  return finish(tx, plays, through, now);
}

async function advanceMissed(
  tx: Tx,
  plays: Plays,
  happenings: readonly Happening[],
  missed: ReadonlySet<string>,
  now: number,
): Promise<Moving[]> {
  const fresh = await lockSagas(tx, [...missed]);
  const again = happenings.flatMap((one) => {
    const row = fresh.get(one.row.state.id);
    return row ? [{ ...one, row }] : [];
  });
  const moving = movesOf(plays, again, now);
  const moved = await moveSagas(
    tx,
    moving.map((one) => ({ ...one, now })),
  );
  if (moved.size !== moving.length) throw new Fault("database", "a locked saga was moved by somebody else");
  return moving;
}

/** One move per saga, however much happened to it in this batch. What changes nothing leaves no move. */
function movesOf(plays: Plays, happenings: readonly Happening[], now: number): Moving[] {
  const newest = new Map<string, SagaRow>();
  for (const { row } of happenings) {
    const other = newest.get(row.state.id);
    if (!other || other.state.version < row.state.version) newest.set(row.state.id, row);
  }
  const moving = new Map<string, Moving>();
  for (const happening of happenings) {
    const id = happening.row.state.id;
    const row = newest.get(id) as SagaRow;
    const so = moving.get(id) ?? { row, fromVersion: row.state.version, locals: [], sends: [], notes: [] };
    if (take(plays, so, happening, now)) moving.set(id, so);
  }
  return [...moving.values()].sort((a, b) => (a.row.state.id < b.row.state.id ? -1 : 1));
}

function take(plays: Plays, so: Moving, { input, joins }: Happening, now: number): boolean {
  const move = transition(playOf(plays, so.row.name).saga, so.row.state as never, input, now);
  if (joins) so.row = { ...so.row, waiting: [...so.row.waiting, joins] };
  if (!move) {
    // Whoever joins is written down even where the saga itself does not move.
    if (joins) so.row = { ...so.row, state: { ...so.row.state, version: so.row.state.version + 1 } };
    return joins !== undefined;
  }
  so.row = { ...so.row, state: move.state };
  so.locals.push(...move.locals);
  so.sends.push(...move.sends);
  so.notes.push(...move.notes);
  return true;
}

/** Begins sagas: their rows, and what their first steps write and send. */
export async function beginSagas(
  tx: Tx,
  plays: Plays,
  begins: readonly Beginning[],
  now: number,
): Promise<Advanced> {
  const moving = begins.map(({ saga, id, orderId, data, meta, waiting = [] }): Moving => {
    const { state, locals, sends, notes } = begin(playOf(plays, saga).saga, id, data as never, now);
    const row: SagaRow = { name: saga, orderId, meta, waiting, createdAt: now, state };
    return { row, fromVersion: 0, locals: [...locals], sends: [...sends], notes: [...notes] };
  });
  moving.sort((a, b) => (a.row.state.id < b.row.state.id ? -1 : 1));
  insertSagas(
    tx,
    moving.map((one) => ({ ...one, now })),
  );
  return finish(tx, plays, moving, now);
}

async function finish(tx: Tx, plays: Plays, moving: readonly Moving[], now: number): Promise<Advanced> {
  const sends = moving.flatMap(({ row, sends }) => sends.map((sending) => ({ row, sending })));
  const so: Advanced = { said: [], settled: [], sends };
  for (const [name, play] of Object.entries(plays)) {
    const mine = moving.filter((one) => one.row.name === name);
    if (mine.length === 0) continue;
    for (const [local, write] of Object.entries(play.writes)) {
      const rows = mine.filter((one) => one.locals.includes(local)).map((one) => one.row);
      if (rows.length > 0) so.said.push(...(await write(tx, rows as never, now)));
    }
    const ended = mine.filter((one) => hasEnded(one.row.state.phase)).map((one) => one.row);
    if (ended.length > 0) await takeOver(tx, plays, play, ended, now, so);
  }
  return so;
}

async function takeOver(
  tx: Tx,
  plays: Plays,
  play: Play,
  ended: readonly SagaRow[],
  now: number,
  so: Advanced,
): Promise<void> {
  const ending = await play.ended(tx, ended as never, now);
  so.settled.push(...ending.settled);
  if (ending.begins.length === 0) return;
  const begun = await beginSagas(tx, plays, ending.begins, now);
  so.said.push(...begun.said);
  so.settled.push(...begun.settled);
  so.sends.push(...begun.sends);
}

function playOf(plays: Plays, name: string): Play {
  const play = plays[name];
  if (!play) throw new Error(`there is no saga ${name}`);
  return play;
}
