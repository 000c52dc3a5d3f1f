import { type RunningService, sql } from "@quartermaster/messaging";
import { Gauge } from "prom-client";
import { stuckAfterAttempts } from "../sagas/engine/patience";

const unfinished = sql(
  "sagas-unfinished",
  `select name, case when attempts >= $1 then 'STUCK' else phase end as state, count(*)::int as count,
     max(extract(epoch from now() - created_at))::float8 as oldest_seconds
   from sagas where due_at is not null group by 1, 2`,
);

interface Figures {
  readonly name: string;
  readonly state: string;
  readonly count: number;
  readonly oldest_seconds: number;
}

/** Unfinished sagas by name and state (STUCK: no answer after many attempts), and how old the oldest is. */
export function watchSagas({ db, metrics }: Pick<RunningService, "db" | "metrics">): void {
  // The gauges of one scrape are collected side by side: they share one read.
  let reading: Promise<readonly Figures[]> | undefined;
  const read = () => {
    // A scrape while the database is away shows the other metrics; these are left out.
    reading ??= db
      .rows<Figures>(unfinished, [stuckAfterAttempts])
      .catch(() => [])
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const gauge = (name: string, help: string, pick: (figures: Figures) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ["saga", "state"],
      registers: [metrics],
      async collect() {
        const figures = await read();
        this.reset();
        for (const one of figures) this.set({ saga: one.name, state: one.state }, pick(one));
      },
    });
  gauge("orders_sagas_unfinished", "Sagas that have not ended, by state", (one) => one.count);
  gauge(
    "orders_sagas_oldest_seconds",
    "Age of the oldest saga that has not ended, by state",
    (one) => one.oldest_seconds,
  );
}
