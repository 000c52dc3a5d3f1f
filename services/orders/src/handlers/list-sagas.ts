import { Id, ListSagas } from "@quartermaster/contracts";
import { Declined, type OpsHandler, shows } from "@quartermaster/messaging";
import { decodeCursor, pageOfRows } from "@quartermaster/process";
import type { SagaRunner } from "../runner/runner";
import { hardlyShown, shownSaga } from "../runner/show-saga";
import { stuckAfterAttempts } from "../sagas/engine/patience";
import { findSagas } from "../store/list-sagas";

/** For operators: what every saga waits for, since when and why. */
export function listSagas(runner: Pick<SagaRunner, "sagaNamed">): OpsHandler {
  return shows(ListSagas, async (db, ask) => {
    const after = ask.after === undefined ? undefined : keyIn(ask.after);
    if (after === null) return new Declined("after is no cursor of this list: it takes what next said.");
    const found = await findSagas(db, {
      orderId: ask.orderId,
      attemptsMin: ask.state === "stuck" ? stuckAfterAttempts : 0,
      createdBefore:
        ask.olderThanSeconds === undefined ? undefined : Date.now() - ask.olderThanSeconds * 1_000,
      after,
      limit: ask.limit + 1,
    });
    const { data, next } = pageOfRows(found, ask.limit, (row) =>
      "state" in row ? [row.createdAt, row.state.id] : [row.created_ms, row.id],
    );
    const shown = data.map((row) =>
      "state" in row ? shownSaga(row, runner.sagaNamed(row.name)) : hardlyShown(row),
    );
    return { data: shown, next };
  });
}

function keyIn(cursor: string): { createdMs: number; id: string } | null {
  const [createdMs, id, ...more] = decodeCursor(cursor) ?? [];
  if (typeof createdMs !== "number" || more.length > 0 || !Id.safeParse(id).success) return null;
  return { createdMs, id: id as string };
}
