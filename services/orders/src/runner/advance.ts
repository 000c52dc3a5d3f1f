import { type Done, Fault, type Refused, type SaidWith, type Tx } from "@quartermaster/messaging";
import type { Input, Move, Sending } from "../sagas/engine/state";
import { begin, transition } from "../sagas/engine/transition";
import {
  insertSagas,
  lockSagas,
  moveAllSagas,
  moveSagas,
  type SagaRow,
  type SagaWrite,
  type Waiting,
} from "../store/sagas";
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

/** What has happened to a saga in this batch: its row to write, and what comes of that. */
type Moving = SagaWrite & Omit<Move<unknown>, "state">;

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
  const moved = await moveSagas(tx, moving, now);
  if (moved.size === moving.length) return finish(tx, plays, moving, now);
  const missed = new Set(moving.map((one) => one.row.state.id).filter((id) => !moved.has(id)));
  const through = moving.filter((one) => moved.has(one.row.state.id));
  through.push(...(await advanceMissed(tx, plays, happenings, missed, now)));
  return finish(tx, plays, through, now);
}

/**
 * As {@link advance}, for a transaction that can be done again: what comes of the moves is written without waiting for the
 * word that nobody was faster. Where somebody was, the server fails the transaction.
 */
export async function advanceOptimistically(
  tx: Tx,
  plays: Plays,
  happenings: readonly Happening[],
  now: number,
): Promise<Advanced> {
  const moving = movesOf(plays, happenings, now);
  moveAllSagas(tx, moving, now);
  return finish(tx, plays, moving, now);
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
  const moved = await moveSagas(tx, moving, now);
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
    const next = take(plays, so, happening, now);
    if (next) moving.set(id, next);
  }
  return inOrder([...moving.values()]);
}

function take(plays: Plays, so: Moving, { input, joins }: Happening, now: number): Moving | undefined {
  const { row, fromVersion } = so;
  const move = transition(playOf(plays, row.name).saga, row.state as never, input, now);
  if (!move && !joins) return undefined;
  const waiting = joins ? [...row.waiting, joins] : row.waiting;
  if (!move) {
    // Whoever joins is written down even where the saga itself does not move.
    return { ...so, row: { ...row, waiting, state: { ...row.state, version: row.state.version + 1 } } };
  }
  return {
    row: { ...row, waiting, state: move.state },
    fromVersion,
    locals: joined(so.locals, move.locals),
    sends: joined(so.sends, move.sends),
    notes: joined(so.notes, move.notes),
  };
}

function joined<T>(before: readonly T[], more: readonly T[]): readonly T[] {
  return before.length === 0 ? more : [...before, ...more];
}

/** In the order of their ids, in which sagas are locked everywhere. */
function inOrder(moving: Moving[]): Moving[] {
  return moving.sort((a, b) => (a.row.state.id < b.row.state.id ? -1 : 1));
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
    const row = { name: saga, orderId, meta: { ...meta, causation: id }, waiting, createdAt: now, state };
    return { row, fromVersion: 0, locals, sends, notes };
  });
  insertSagas(tx, inOrder(moving), now);
  return finish(tx, plays, moving, now);
}

async function finish(tx: Tx, plays: Plays, moving: readonly Moving[], now: number): Promise<Advanced> {
  const so: Advanced = { said: [], settled: [], sends: [] };
  for (const { row, sends } of moving) for (const sending of sends) so.sends.push({ row, sending });
  const begins: Beginning[] = [];
  for (const [name, play] of Object.entries(plays)) {
    for (const [local, write] of Object.entries(play.writes)) {
      const rows = rowsOf(moving, name, local);
      if (rows.length === 0) continue;
      const written = await write(tx, rows as never, now);
      so.said.push(...(written.said ?? []));
      so.settled.push(...(written.settled ?? []));
      begins.push(...(written.begins ?? []));
    }
  }
  return begins.length === 0 ? so : both(so, await beginSagas(tx, plays, begins, now));
}

/** The sagas of a play that came to one of its local steps. */
function rowsOf(moving: readonly Moving[], name: string, local: string): SagaRow[] {
  const rows: SagaRow[] = [];
  for (const { row, locals } of moving) if (row.name === name && locals.includes(local)) rows.push(row);
  return rows;
}

function both(one: Advanced, other: Advanced): Advanced {
  return {
    said: [...one.said, ...other.said],
    settled: [...one.settled, ...other.settled],
    sends: [...one.sends, ...other.sends],
  };
}

function playOf(plays: Plays, name: string): Play {
  const play = plays[name];
  if (!play) throw new Error(`there is no saga ${name}`);
  return play;
}
