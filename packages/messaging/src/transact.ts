import type { Pool } from "pg";
import { type OutboxRow, type SaidWith, say } from "./outbox";
import { inTransaction, isAssumptionFailed, type Tx } from "./sql";

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

/** Thrown inside an optimistic transaction: what it took for granted is not so. */
export class AssumptionFailed extends Error {}

/**
 * A transaction that sends its first writes without waiting for what they rest on, such as that nobody was faster, and
 * throws {@link AssumptionFailed}, or has the server fail it by `assume`, where that proves wrong. It is then rolled back,
 * and `careful` does the work in another.
 */
export async function optimistically<Result>(
  transact: Transact,
  parts: {
    optimistic: Parameters<typeof transact<Result>>[0];
    careful: Parameters<typeof transact<Result>>[0];
  },
): Promise<Result> {
  try {
    return await transact(parts.optimistic);
  } catch (error) {
    if (!(error instanceof AssumptionFailed) && !isAssumptionFailed(error)) throw error;
    return transact(parts.careful);
  }
}
