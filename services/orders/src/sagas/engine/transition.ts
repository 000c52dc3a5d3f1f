import { awaited, type Draft, draftOf, messageOf, moveOf, send, sendAgain, write } from "./draft";
import { patienceMs } from "./patience";
import type { AskStep, PivotStep, Reason, Saga } from "./saga";
import { No } from "./saga";
import { type CallKind, callIn, hasEnded, type Input, type Move, type SagaState } from "./state";

/** The first move: local steps up to the first message. */
export function begin<Data>(saga: Saga<Data>, id: string, data: Data, now: number): Move<Data> {
  const fresh: SagaState<Data> = {
    id,
    version: 0,
    phase: "FORWARD",
    step: 0,
    attempts: 0,
    since: now,
    sentAt: now,
    dueAt: null,
    reason: null,
    failure: null,
    anew: null,
    data,
  };
  const draft = draftOf(saga, fresh, now);
  goForward(draft, 0);
  return moveOf(draft);
}

/**
 * The next move, or undefined when the input changes nothing: a late or repeated answer, a stop that comes behind the
 * pivot. Pure: the clock comes in as `now`.
 */
export function transition<Data>(
  saga: Saga<Data>,
  state: SagaState<Data>,
  input: Input,
  now: number,
): Move<Data> | undefined {
  if (hasEnded(state.phase)) return undefined;
  const draft = draftOf(saga, state, now);
  return take(draft, input) ? moveOf(draft) : undefined;
}

function take<Data>(draft: Draft<Data>, input: Input): boolean {
  switch (input.kind) {
    case "due":
      if (input.failure !== undefined) draft.state.failure = input.failure;
      return lookAgain(draft);
    case "retry":
      return retry(draft, input.anew);
    case "stop":
      return stop(draft, input.reason);
    case "answered":
      return awaits(draft.state, input) && answered(draft, input.call, input.answer);
    case "refused":
      return awaits(draft.state, input) && refused(draft, input.call, input.reason);
  }
}

/** Whether the saga still waits for this reply. While a pivot is being fenced its own answer is as good as the fence's. */
function awaits<Data>(state: SagaState<Data>, input: { step: number; call: CallKind }): boolean {
  if (input.step !== state.step) return false;
  if (state.phase === "FENCING") return input.call === "fence" || input.call === "do";
  return input.call === callIn(state.phase);
}

function answered<Data>(draft: Draft<Data>, kind: CallKind, answer: unknown): boolean {
  const step = awaited(draft);
  if (kind === "fence" && step.kind === "pivot") {
    const verdict = step.fence.verdict(answer as never);
    draft.notes.push({
      kind: "message",
      what: `answered ${step.fence.contract.name}`,
      details: { issued: verdict.done },
    });
    if (verdict.done) done(draft, step, verdict.answer);
    else goBack(draft, draft.state.step - 1);
    return true;
  }
  draft.notes.push(messageOf(draft, draft.state.step, kind).answered);
  if (kind === "undo") goBack(draft, draft.state.step - 1);
  else done(draft, step, answer);
  return true;
}

function done<Data>(draft: Draft<Data>, step: AskStep<Data> | PivotStep<Data>, answer: unknown): void {
  const { state } = draft;
  state.phase = "FORWARD";
  state.reason = null;
  state.data = step.keep(state.data, answer as never);
  goForward(draft, state.step + 1);
}

function refused<Data>(draft: Draft<Data>, kind: CallKind, reason: Reason): boolean {
  const { saga, state } = draft;
  const forwardOnly = state.phase === "FORWARD" && state.step >= saga.forwardOnlyFrom;
  // Undo, fence and what lies behind the pivot have no business reason to fail: they are asked again, for ever.
  if (kind !== "do" || forwardOnly) return false;
  const step = awaited(draft);
  const decided = (step.call.contract.refusals as readonly string[]).includes(reason.code);
  if (!decided && state.phase === "FENCING") return false;
  draft.notes.push({ kind: "message", what: `refused ${step.name}`, details: { code: reason.code } });
  // Only a refusal of the contract's own was decided by the participant, which then did nothing. Any other (the shape
  // of the message, the age of its id) does not say whether the same message was carried out when it came earlier.
  if (decided) turnBack(draft, state.step - 1, state.reason ?? reason);
  else giveUp(draft, reason);
  return true;
}

function stop<Data>(draft: Draft<Data>, reason: Reason): boolean {
  const { saga, state } = draft;
  if (state.phase !== "FORWARD" || state.step >= saga.forwardOnlyFrom) return false;
  giveUp(draft, reason);
  return true;
}

/** Ends the doubt about the awaited step: a pivot by its fence, any other by its undo, which fences it too. */
function giveUp<Data>(draft: Draft<Data>, reason: Reason): void {
  if (awaited(draft).kind === "ask") {
    turnBack(draft, draft.state.step, reason);
    return;
  }
  draft.state.phase = "FENCING";
  draft.state.reason = reason;
  draft.notes.push({ kind: "step", what: "fencing", details: { code: reason.code } });
  send(draft, draft.state.step, "fence");
}

function lookAgain<Data>(draft: Draft<Data>): boolean {
  const { saga, state, now } = draft;
  const askAgainAt = state.sentAt + patienceMs(state.id, state.attempts);
  if (now < askAgainAt) {
    // Somebody looked before the patience was over: a move keeps the due time that an earlier one set.
    state.dueAt = askAgainAt;
    return true;
  }
  const step = awaited(draft);
  const overdue = now >= state.since + step.deadlineMs;
  if (overdue && state.phase === "FORWARD" && state.step < saga.forwardOnlyFrom) giveUp(draft, saga.overdue);
  else sendAgain(draft);
  return true;
}

/**
 * A do that may be refused keeps its id: where one copy of it is refused the saga turns back without an undo, and a copy
 * under another id would be carried out behind its back.
 */
function retry<Data>(draft: Draft<Data>, anew: string | undefined): boolean {
  if (anew !== undefined) {
    if (!isSure(draft.saga, draft.state)) return false;
    draft.state.anew = anew;
  }
  draft.state.failure = null;
  sendAgain(draft);
  return true;
}

/** Whether what is awaited has no way to be refused: an undo, a fence, or what lies behind the pivot. */
export function isSure<Data>(saga: Saga<Data>, state: SagaState<Data>): boolean {
  return callIn(state.phase) !== "do" || state.step >= saga.forwardOnlyFrom;
}

function goForward<Data>(draft: Draft<Data>, from: number): void {
  const { saga, state } = draft;
  for (let n = from; n < saga.steps.length; n++) {
    const step = saga.steps[n];
    if (!step) break;
    if (step.kind !== "local") {
      send(draft, n, "do");
      return;
    }
    const decided = step.decide(state.data);
    if (decided instanceof No) {
      if (n >= saga.forwardOnlyFrom) throw new Error(`${step.name} says no behind the pivot`);
      turnBack(draft, n - 1, decided.reason);
      return;
    }
    state.data = decided;
    write(draft, step);
  }
  state.phase = "DONE";
  state.step = saga.steps.length;
  state.dueAt = null;
}

function turnBack<Data>(draft: Draft<Data>, from: number, reason: Reason): void {
  draft.state.reason = reason;
  draft.notes.push({ kind: "step", what: "turning back", details: { code: reason.code } });
  goBack(draft, from);
}

function goBack<Data>(draft: Draft<Data>, from: number): void {
  const { saga, state } = draft;
  state.phase = "BACK";
  for (let n = from; n >= 0; n--) {
    const step = saga.steps[n];
    if (step?.kind === "ask") {
      send(draft, n, "undo");
      return;
    }
    if (step?.kind === "local" && step.undo) write(draft, step.undo);
  }
  state.phase = "UNDONE";
  state.step = 0;
  state.dueAt = null;
}
