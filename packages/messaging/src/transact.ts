import type { Pool } from "pg";
import { type OutboxRow, type SaidWith, say } from "./outbox";
import { inTransaction, type Tx } from "./sql";

/** One transaction together with the events that it says. They are written last: see event_counter. */
export type Transact = <Result>(
  work: (tx: Tx) => Promise<{ result: Result; said: readonly SaidWith[] }>,
) => Promise<Result>;

/** `onSaid` is told after every commit that left events in the outbox, which ones. */
export function transactOn(pool: Pool, onSaid: (rows: readonly OutboxRow[]) => void): Transact {
  return (work) =>
    inTransaction(pool, async (tx) => {
      const { result, said } = await work(tx);
      say(tx, said, (rows) => tx.afterCommit(() => onSaid(rows)));
      return result;
    });
}
