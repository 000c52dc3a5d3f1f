import { patienceMs } from "./patience";
import type { AskStep, Call, Note, PivotStep, Saga, Write } from "./saga";
import { type CallKind, callIn, type Move, type SagaState, type Sending } from "./state";

type Changing<State> = { -readonly [Field in keyof State]: State[Field] };

/** A move while it is being made. Its state is its own copy, changed in place until the move is a value itself. */
export interface Draft<Data> {
  readonly saga: Saga<Data>;
  readonly now: number;
  readonly state: Changing<SagaState<Data>>;
  readonly locals: string[];
  readonly sends: Sending[];
  readonly notes: Note[];
}

export function awaited<Data>(draft: Draft<Data>): AskStep<Data> | PivotStep<Data> {
  const step = draft.saga.steps[draft.state.step];
  if (!step || step.kind === "local") throw new Error(`saga ${draft.saga.name} awaits no message`);
  return step;
}

export function draftOf<Data>(saga: Saga<Data>, state: SagaState<Data>, now: number): Draft<Data> {
  return { saga, now, state: { ...state }, locals: [], sends: [], notes: [] };
}

/** The draft as it stands. It is not to be changed any more. */
export function moveOf<Data>({ state, locals, sends, notes }: Draft<Data>): Move<Data> {
  state.version += 1;
  return { state, locals, sends, notes };
}

/** Sends the awaited message once more: the same command id. */
export function sendAgain<Data>(draft: Draft<Data>): void {
  const { state, now } = draft;
  const kind = callIn(state.phase);
  const attempts = state.attempts + 1;
  state.attempts = attempts;
  state.sentAt = now;
  state.dueAt = now + patienceMs(state.id, attempts);
  draft.sends.push(sendingOf(draft, state.step, kind, messageOf(draft, state.step, kind)));
  // Attempts 2, 4, 8 ... are told, so that a day without an answer stays a few lines of history.
  if ((attempts & (attempts - 1)) === 0) {
    draft.notes.push({
      kind: "message",
      what: `asked again ${messageOf(draft, state.step, kind).contract.name}`,
      details: { attempts },
    });
  }
}

/** A local step or undo: its write belongs into this move's transaction. */
export function write<Data>(draft: Draft<Data>, one: Write): void {
  draft.locals.push(one.name);
  draft.notes.push(...one.notes);
}

/** Sends a step's message for the first time and waits for its answer. */
export function send<Data>(draft: Draft<Data>, step: number, kind: CallKind): void {
  const { state, now } = draft;
  const patience = patienceMs(state.id, 1);
  // A due time that is near enough is kept: an update that leaves the indexed column alone stays within its page.
  const near = state.dueAt !== null && state.dueAt > now && state.dueAt <= now + patience;
  if (!near) state.dueAt = now + patience;
  state.step = step;
  state.attempts = 1;
  state.failure = null;
  state.since = now;
  state.sentAt = now;
  const message = messageOf(draft, step, kind);
  draft.sends.push(sendingOf(draft, step, kind, message));
  draft.notes.push(message.asked);
}

const callsPerStep = 3;
const offsets: Record<CallKind, number> = { do: 1, undo: 2, fence: 3 };

function sendingOf<Data>(draft: Draft<Data>, step: number, call: CallKind, message: Call<Data>): Sending {
  const { contract, ask } = message;
  return { step, call, n: step * callsPerStep + offsets[call], contract, ask: ask(draft.state.data) };
}

/** One of a step's messages. */
export function messageOf<Data>({ saga }: { saga: Saga<Data> }, n: number, kind: CallKind): Call<Data> {
  const step = saga.steps[n];
  const message = !step || step.kind === "local" ? null : callOf(step, kind);
  if (!message) throw new Error(`saga ${saga.name}: step ${n} has no ${kind}`);
  return message;
}

function callOf<Data>(step: AskStep<Data> | PivotStep<Data>, kind: CallKind): Call<Data> | null {
  if (kind === "do") return step.call;
  if (kind === "undo") return step.kind === "ask" ? step.undo : null;
  return step.kind === "pivot" ? step.fence : null;
}
