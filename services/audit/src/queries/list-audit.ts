import { type AnswerOf, type AskOf, ListAudit, RecordsRead } from "@quartermaster/contracts";
import { type QueryHandler, type RunningService, refuse, reply } from "@quartermaster/messaging";
import { decodeCursor, pageOfRows } from "@quartermaster/process";
import { recordOf } from "../domain/page";
import { limitTime, listRecords } from "../store/list-records";

/**
 * Lists records. Reading the trail is itself part of it: the event is committed before the answer is given, so nobody
 * has seen a page that the trail does not know of.
 */
export function listAudit(inTransaction: RunningService["inTransaction"]): QueryHandler {
  return reply(ListAudit, async (_db, ask, meta) => {
    const { after, ...filter } = ask;
    const behind = after === undefined ? undefined : positionIn(after);
    if (behind === null) return refuse("bad_request", { field: "after" });
    return inTransaction(async (tx) => {
      limitTime(tx);
      const found = await listRecords(tx, filter, behind, ask.limit + 1);
      const page = pageOfRows(found.map(recordOf), ask.limit, ({ position }) => [position]);
      return { result: page, said: [{ said: readOf(ask, page.data), meta }] };
    });
  });
}

function positionIn(cursor: string): number | null {
  const [position, ...more] = decodeCursor(cursor) ?? [];
  if (typeof position !== "number" || more.length > 0) return null;
  return Number.isSafeInteger(position) && position >= 0 ? position : null;
}

function readOf(filter: AskOf<typeof ListAudit>, page: AnswerOf<typeof ListAudit>["data"]) {
  const [first, last] = [page[0], page.at(-1)];
  const positions = first && last ? { first: first.position, last: last.position } : null;
  const read = { filter, records: page.length, positions };
  return RecordsRead.of({ entityId: "records", version: 0, old: null, new: read });
}
