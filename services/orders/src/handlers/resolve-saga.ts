import { type AskOf, ResolveSaga } from "@quartermaster/contracts";
import { acts, Declined, type OpsHandler } from "@quartermaster/messaging";
import type { SagaRunner } from "../runner/runner";
import { shownSaga } from "../runner/show-saga";
import { messageOf } from "../sagas/engine/draft";
import { stuckAfterAttempts } from "../sagas/engine/patience";
import type { Saga } from "../sagas/engine/saga";
import { callIn, type Input, type Phase, type SagaState } from "../sagas/engine/state";
import { placingCancelled } from "../sagas/place-order";
import { findSaga, type SagaRow } from "../store/sagas";
import { lockUnfinished } from "./retry-saga";

/**
 * An operator's decision about a saga, as far as it can break nothing. `cancel` is what a buyer's cancel does: the pivot in
 * doubt is fenced, the rest undone. `done` answers the awaited message in its receiver's place, once it is stuck, and only a
 * message that every saga must get through (an undo, or what lies behind the pivot) and that makes no document: the operator
 * vouches for its effect. A fence is never answered by hand, for only its receiver knows whether the pivot was passed.
 */
export function resolveSaga(runner: SagaRunner): OpsHandler {
  return acts(ResolveSaga, async (tx, ask) => {
    const row = await lockUnfinished(tx, ask.id);
    if (row instanceof Declined) return row;
    const saga = runner.sagaNamed(row.name);
    if (!saga) return new Declined(`No saga of the name ${row.name} is known here.`);
    const input = ask.as === "cancel" ? stopping(saga, row.state) : byHand(saga, row.state, ask);
    if (input instanceof Declined) return input;
    const said = await runner.conclude(tx, [{ row, input }]);
    const after = (await findSaga(tx, ask.id)) as SagaRow;
    return {
      answer: shownSaga(after, saga),
      entityId: ask.id,
      old: { phase: row.state.phase, step: row.state.step },
      values: {
        as: ask.as,
        orderId: row.orderId,
        phase: after.state.phase,
        // As the contract reads it: what else the operator sent must not make an event that cannot be published.
        ...(input.kind === "answered" && { answer: input.answer }),
      },
      said,
    };
  });
}

const isBeingUndone: Partial<Record<Phase, string>> = {
  FENCING: "It is being given up already: the receiver of the fence has to say whether the pivot was passed.",
  BACK: "It is being undone already.",
};

function stopping(saga: Saga<unknown>, { phase, step }: SagaState<unknown>): Input | Declined {
  const already = isBeingUndone[phase];
  if (already) return new Declined(already);
  if (step >= saga.forwardOnlyFrom)
    return new Declined("It only goes forward from here: what it waits for cannot be taken back.");
  return { kind: "stop", reason: { code: placingCancelled, details: {} } };
}

function byHand(
  saga: Saga<unknown>,
  { phase, step, attempts }: SagaState<unknown>,
  { answer = {} }: AskOf<typeof ResolveSaga>,
): Input | Declined {
  const call = callIn(phase);
  if (call === "fence" || (call === "do" && step < saga.forwardOnlyFrom))
    return new Declined(
      "Only its receiver knows whether this step was done: cancel the saga, or wait for an answer.",
    );
  const { contract } = messageOf({ saga }, step, call);
  if (call === "do" && isDocument(saga, step))
    return new Declined(
      `${contract.name} makes a document, and nobody can vouch for one: let it be asked again with retry-saga, ` +
        "with anew where the old id is refused; its receiver makes one document per order, however often it is asked.",
    );
  if (attempts < stuckAfterAttempts)
    return new Declined(`It is not stuck: asked ${attempts} times, and given ${stuckAfterAttempts}.`);
  const given = contract.answer.safeParse(answer);
  if (given.success) return { kind: "answered", step, call, answer: given.data };
  const wrong = given.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  return new Declined(`answer has to be what ${contract.name} would have answered. ${wrong}.`);
}

function isDocument({ steps }: Saga<unknown>, n: number): boolean {
  const step = steps[n];
  return step?.kind === "ask" && step.isDocument;
}
