import { OpenCustomer } from "@quartermaster/contracts";
import { done, handle, refuse } from "@quartermaster/messaging";
import { newCustomer } from "../domain/customer";
import { openAccounts } from "./open-accounts";

/** A named id is a registration's (identity gave it); staff open an account without one, and it gets the command's id. */
export const openCustomer = handle(OpenCustomer, async (tx, commands) => {
  const at = new Date().toISOString();
  const opened = await openAccounts(
    tx,
    commands.map(({ id, ask, meta }) => ({
      customer: newCustomer(ask.id ?? id, ask, meta.actor, at),
      registration: ask.id !== undefined,
    })),
  );
  return opened.map((one) => (one ? done(one.customer, ...one.said) : refuse("document_taken")));
});
