import { sql, type Tx } from "@quartermaster/messaging";

const take = sql(
  "take-numbers",
  `update document_series
   set last_number = last_number + $2::bigint,
       last_issued_at = greatest(last_issued_at, date_trunc('milliseconds', clock_timestamp()))
   where series = $1::text
   returning last_number as "last", last_issued_at as "issuedAt"`,
);

export type Series = "INV" | "CN";

/**
 * The next `count` numbers of a series and the date of them all. The counter stays locked to the commit, so numbers are
 * given in the order of commits, a rollback leaves no gap, and dates never go back.
 */
export async function takeNumbers(
  tx: Tx,
  series: Series,
  count: number,
): Promise<{ first: number; issuedAt: string }> {
  const [taken] = await tx.rows<{ last: number; issuedAt: string }>(take, [series, count]);
  if (taken === undefined) throw new Error(`there is no document series ${series}`);
  return { first: taken.last - count + 1, issuedAt: taken.issuedAt };
}

/** Gives back the last `count` of the numbers that this very transaction took: what is not issued leaves no gap. */
export function returnNumbers(tx: Tx, series: Series, count: number): void {
  tx.write(take, [series, -count]);
}
