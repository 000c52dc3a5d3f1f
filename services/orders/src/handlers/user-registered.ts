import { UserRegistered } from "@quartermaster/contracts";
import { type Heard, on } from "@quartermaster/messaging";
import { accountName, newCustomer, type Opening } from "../domain/customer";
import { openAccounts } from "./open-accounts";

/** Opens the account of a registered CUSTOMER where the gateway's own OpenCustomer did not come through. */
export const userRegistered = on(UserRegistered, async (tx, events) => {
  const openings = events.map(openingOf);
  const opened = await openAccounts(
    tx,
    openings.filter((one) => one !== undefined),
  );
  const inOrder = opened.values();
  return openings.map((one) => (one ? (inOrder.next().value?.said ?? []) : []));
});

function openingOf({ body, meta, at }: Heard<UserFields>): Opening | undefined {
  const { role, customerId, email, username } = body.new ?? {};
  if (role !== "CUSTOMER" || !customerId) return undefined;
  const name = accountName(username ?? email);
  return {
    customer: newCustomer(customerId, { name, ...(email ? { email } : {}) }, meta.actor, at),
    registration: true,
  };
}

type UserFields = import("@quartermaster/contracts").FieldsOf<typeof UserRegistered>;
