import { type RunningService, sql } from "@quartermaster/messaging";
import { Gauge } from "prom-client";
import { stuckAfterAttempts } from "../sagas/engine/patience";

const unfinished = sql(
  "sagas-unfinished",
  `select name, case when attempts >= $1 then 'STUCK' else phase end as state, count(*)::int as count,
     max(extract(epoch from now() - created_at))::float8 as oldest_seconds
   from sagas where due_at is not null group by 1, 2`,
);

/** Unfinished sagas by name and state (STUCK: no answer after many attempts), and how old the oldest is. */
export function watchSagas({ db, metrics }: Pick<RunningService, "db" | "metrics">): void {
  const labelNames = ["saga", "state"];
  const count = new Gauge({
    name: "orders_sagas_unfinished",
    help: "Sagas that have not ended, by state",
    labelNames,
    registers: [metrics],
    async collect() {
      const rows = await db.rows<{ name: string; state: string; count: number; oldest_seconds: number }>(
        unfinished,
        [stuckAfterAttempts],
      );
      count.reset();
      oldest.reset();
      for (const row of rows) {
        count.set({ saga: row.name, state: row.state }, row.count);
        oldest.set({ saga: row.name, state: row.state }, row.oldest_seconds);
      }
    },
  });
  const oldest = new Gauge({
    name: "orders_sagas_oldest_seconds",
    help: "Age of the oldest saga that has not ended, by state",
    labelNames,
    registers: [metrics],
  });
}
