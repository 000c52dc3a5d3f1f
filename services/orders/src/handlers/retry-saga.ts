import { RetrySaga } from "@quartermaster/contracts";
import { acts, Declined, newId, type OpsHandler, type Tx } from "@quartermaster/messaging";
import type { SagaRunner } from "../runner/runner";
import { shownSaga } from "../runner/show-saga";
import { isSure } from "../sagas/engine/transition";
import { findSaga, lockSagas, type SagaRow } from "../store/sagas";

/** Asks a saga's awaited message again at once, instead of when its patience is over. */
export function retrySaga(runner: SagaRunner): OpsHandler {
  return acts(RetrySaga, async (tx, { id, anew }) => {
    const row = await lockUnfinished(tx, id);
    if (row instanceof Declined) return row;
    const { state } = row;
    const saga = runner.sagaNamed(row.name);
    if (!saga) return new Declined(`No saga of the name ${row.name} is known here.`);
    if (anew && !isSure(saga, state))
      return new Declined(
        "Only a message that cannot be refused may be asked anew: an undo, a fence, or what lies behind the pivot.",
      );
    await runner.advance(tx, [{ row, input: { kind: "retry", ...(anew ? { anew: newId() } : {}) } }]);
    const after = (await findSaga(tx, id)) as SagaRow;
    return {
      answer: shownSaga(after, saga),
      entityId: id,
      old: { attempts: state.attempts },
      values: { attempts: after.state.attempts, anew },
    };
  });
}

/** The saga, locked, or why nothing can be done about it. */
export async function lockUnfinished(tx: Tx, id: string): Promise<SagaRow | Declined> {
  const row = (await lockSagas(tx, [id])).get(id);
  if (!row) return new Declined(`There is no saga ${id}.`);
  return row.state.dueAt === null ? new Declined(`The saga ${id} has ended: it is ${row.state.phase}.`) : row;
}
