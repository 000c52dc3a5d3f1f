import { patienceMs } from "./patience";
import type { AskStep, PivotStep, Saga } from "./saga";
import type { CallKind, Move, Note, SagaState, Sending } from "./state";

/** A move while it is being made. */
export interface Draft<Data> {
  readonly saga: Saga<Data>;
  readonly now: number;
  state: SagaState<Data>;
  readonly locals: string[];
  readonly sends: Sending[];
  readonly notes: Note[];
}

export function awaited<Data>(draft: Draft<Data>): AskStep<Data> | PivotStep<Data> {
  const step = draft.saga.steps[draft.state.step];
  if (!step || step.kind === "local") throw new Error(`saga ${draft.saga.name} awaits no message`);
  return step;
}

export function change<Data>(draft: Draft<Data>, changes: Partial<SagaState<Data>>): void {
  draft.state = { ...draft.state, ...changes };
}

export function draftOf<Data>(saga: Saga<Data>, state: SagaState<Data>, now: number): Draft<Data> {
  return { saga, now, state, locals: [], sends: [], notes: [] };
}

export function moveOf<Data>({ state, locals, sends, notes }: Draft<Data>): Move<Data> {
  return { state: { ...state, version: state.version + 1 }, locals, sends, notes };
}

/** Sends the awaited message once more: the same command id. */
export function sendAgain<Data>(draft: Draft<Data>): void {
  const { state, now } = draft;
  const kind = state.phase === "FENCING" ? "fence" : state.phase === "BACK" ? "undo" : "do";
  const attempts = state.attempts + 1;
  change(draft, { attempts, sentAt: now, dueAt: now + patienceMs(state.id, attempts) });
  draft.sends.push(sendingOf(draft, state.step, kind));
  // Attempts 2, 4, 8 ... are told, so that a day without an answer stays a few lines of history.
  if ((attempts & (attempts - 1)) === 0) {
    draft.notes.push({
      kind: "message",
      what: `asked again ${contractOf(awaited(draft), kind)}`,
      details: { attempts },
    });
  }
}

/** A local step or undo: its write belongs into this move's transaction. */
export function write<Data>(draft: Draft<Data>, one: { name: string; becomes: string | null }): void {
  draft.locals.push(one.name);
  draft.notes.push({ kind: "step", what: one.name });
  if (one.becomes) draft.notes.push({ kind: "status", what: one.becomes });
}

/** Sends a step's message for the first time and waits for its answer. */
export function send<Data>(draft: Draft<Data>, step: number, kind: CallKind): void {
  const { state, now } = draft;
  const patience = patienceMs(state.id, 1);
  // A due time that is near enough is kept: an update that leaves the indexed column alone stays within its page.
  const near = state.dueAt !== null && state.dueAt > now && state.dueAt <= now + patience;
  change(draft, { step, attempts: 1, since: now, sentAt: now, dueAt: near ? state.dueAt : now + patience });
  const sending = sendingOf(draft, step, kind);
  draft.sends.push(sending);
  draft.notes.push({ kind: "message", what: `asked ${sending.contract.name}` });
}

const callsPerStep = 3;
const offsets: Record<CallKind, number> = { do: 1, undo: 2, fence: 3 };

function sendingOf<Data>(draft: Draft<Data>, n: number, kind: CallKind): Sending {
  const step = draft.saga.steps[n];
  const made = !step || step.kind === "local" ? null : callOf(step, kind);
  if (!made) throw new Error(`saga ${draft.saga.name}: step ${n} has no ${kind}`);
  const { contract, ask } = made;
  return { step: n, call: kind, n: n * callsPerStep + offsets[kind], contract, ask: ask(draft.state.data) };
}

function callOf<Data>(step: AskStep<Data> | PivotStep<Data>, kind: CallKind) {
  if (kind === "do") return step.call;
  if (kind === "undo") return step.kind === "ask" ? step.undo : null;
  return step.kind === "pivot" ? step.fence : null;
}

/** The contract name of one of a step's messages. */
export function contractOf<Data>(step: AskStep<Data> | PivotStep<Data>, kind: CallKind): string {
  return callOf(step, kind)?.contract.name ?? step.name;
}
