import type { Reader } from "@quartermaster/messaging";
import { build, queries } from "@quartermaster/process";
import { type Columns, columns, rowOf, type SagaRow } from "./sagas";

/** A saga whose row cannot be read, as far as its columns tell. */
export type Unreadable = Pick<
  Columns,
  "id" | "name" | "order_id" | "phase" | "attempts" | "due_ms" | "created_ms"
>;

/**
 * Sagas by their age, the oldest first: those that have not ended, or all of one order. `attemptsMin` asks for those that
 * were sent so often; times are milliseconds since 1970.
 */
export async function findSagas(
  db: Reader,
  filter: {
    orderId?: string | undefined;
    attemptsMin: number;
    createdBefore?: number | undefined;
    after?: { createdMs: number; id: string } | undefined;
    limit: number;
  },
): Promise<(SagaRow | Unreadable)[]> {
  const query = queries("sagas")
    .select(queries.raw(columns))
    .orderBy(["created_at", "id"])
    .limit(filter.limit);
  // A placing saga has its order's id; one that cancels is named by the order. There is no index of sagas by order.
  if (filter.orderId === undefined) query.whereNotNull("due_at");
  else
    query.whereRaw("id in (select ?::uuid union select cancelling_id from orders where id = ?::uuid)", [
      filter.orderId,
      filter.orderId,
    ]);
  if (filter.attemptsMin > 0) query.whereNotNull("due_at").where("attempts", ">=", filter.attemptsMin);
  if (filter.createdBefore !== undefined)
    query.whereRaw("created_at < to_timestamp(?::float8 / 1000.0)", [filter.createdBefore]);
  if (filter.after !== undefined)
    query.whereRaw("(created_at, id) > (to_timestamp(?::float8 / 1000.0), ?::uuid)", [
      filter.after.createdMs,
      filter.after.id,
    ]);
  return (await db.rows<Columns>(build(query))).map(readable);
}

function readable(row: Columns): SagaRow | Unreadable {
  try {
    return rowOf(row);
  } catch {
    return row;
  }
}
