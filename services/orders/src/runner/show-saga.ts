import type { AnswerOf, RetrySaga } from "@quartermaster/contracts";
import { messageOf } from "../sagas/engine/draft";
import { stuckAfterAttempts } from "../sagas/engine/patience";
import type { Saga } from "../sagas/engine/saga";
import { callIn, hasEnded, type Phase, type SagaState } from "../sagas/engine/state";
import type { Unreadable } from "../store/list-sagas";
import type { SagaRow } from "../store/sagas";

type Shown = AnswerOf<typeof RetrySaga>;

/** A saga as operators see it. Its table says what it waits for; without one, nobody knows. */
export function shownSaga(
  { name, orderId, waiting, createdAt, state }: SagaRow,
  saga?: Saga<unknown>,
): Shown {
  const { id, phase, attempts, since, sentAt, dueAt, reason, failure } = state;
  const ended = hasEnded(phase);
  return {
    id,
    saga: name,
    orderId,
    state: stateOf(phase, attempts),
    phase,
    step: ended || !saga ? null : stepOf(saga, state),
    attempts,
    createdAt: timeOf(createdAt),
    since: ended ? null : timeOf(since),
    askedAt: ended ? null : timeOf(sentAt),
    dueAt: dueAt === null ? null : timeOf(dueAt),
    reason:
      ended || reason === null
        ? null
        : { code: reason.code, ...(reason.detail ? { detail: reason.detail } : {}) },
    failure: saga || ended ? failure : "No saga of that name is known here.",
    waiting: waiting?.length ?? 0,
  };
}

function stepOf(saga: Saga<unknown>, { phase, step }: SagaState<unknown>): Shown["step"] {
  const call = callIn(phase);
  try {
    return { call, message: messageOf({ saga }, step, call).contract.name };
  } catch {
    // A row that fits its saga's table no more: nobody knows what it waits for.
    return null;
  }
}

/** The same of one whose row cannot be read. */
export function hardlyShown({ id, name, order_id, phase, attempts, due_ms, created_ms }: Unreadable): Shown {
  return {
    ...{ id, saga: name, orderId: order_id, state: stateOf(phase, attempts), phase, step: null, attempts },
    ...{ createdAt: timeOf(created_ms), since: null, askedAt: null, reason: null, waiting: 0 },
    dueAt: due_ms === null ? null : timeOf(due_ms),
    failure: "Its row cannot be read.",
  };
}

function stateOf(phase: Phase, attempts: number): Shown["state"] {
  return !hasEnded(phase) && attempts >= stuckAfterAttempts ? "STUCK" : phase;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
