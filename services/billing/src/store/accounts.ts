import { sql, type Tx } from "@quartermaster/messaging";

const book = sql(
  "book-accounts",
  `insert into customer_accounts as account (customer_id, open_minor)
   select unnest($1::uuid[]) as customer_id, unnest($2::bigint[]) order by customer_id
   on conflict (customer_id) do update set open_minor = account.open_minor + excluded.open_minor
   returning customer_id as "customerId", open_minor as "openMinor"`,
);

/**
 * Adds to what customers owe and locks their accounts to the commit, opening those that are new. Returns the balances
 * as they were before. What is refused afterwards is booked back in the same transaction: one statement where
 * lock, look and update would be three.
 */
export async function bookAccounts(
  tx: Tx,
  deltas: readonly { customerId: string; deltaMinor: number }[],
): Promise<Map<string, number>> {
  const perCustomer = new Map<string, number>();
  for (const { customerId, deltaMinor } of deltas) {
    perCustomer.set(customerId, (perCustomer.get(customerId) ?? 0) + deltaMinor);
  }
  if (perCustomer.size === 0) return new Map();
  const rows = await tx.rows<{ customerId: string; openMinor: number }>(book, [
    [...perCustomer.keys()],
    [...perCustomer.values()],
  ]);
  const before = new Map<string, number>();
  for (const { customerId, openMinor } of rows)
    before.set(customerId, openMinor - (perCustomer.get(customerId) ?? 0));
  return before;
}
