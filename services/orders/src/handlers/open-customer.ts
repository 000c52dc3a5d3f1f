import { mayForAll, OpenCustomer } from "@quartermaster/contracts";
import { type Command, done, handle, refuse } from "@quartermaster/messaging";
import { newCustomer } from "../domain/customer";
import { openAccounts } from "./open-accounts";

/** A named id is a registration's (identity gave it); staff open an account without one, and it gets the command's id. */
export const openCustomer = handle(OpenCustomer, async (tx, commands) => {
  const at = new Date().toISOString();
  const allowed = commands.filter(maySetItsRate);
  const opened = await openAccounts(
    tx,
    allowed.map(({ id, ask, meta }) => ({
      customer: newCustomer(ask.id ?? id, ask, meta.actor, at),
      registration: ask.id !== undefined,
    })),
  );
  const outcomes = new Map(allowed.map(({ id }, n) => [id, opened[n]]));
  return commands.map((command) => {
    if (!outcomes.has(command.id)) return refuse("forbidden", { field: "meterRateMinor" });
    const one = outcomes.get(command.id);
    return one ? done(one.customer, ...one.said) : refuse("document_taken");
  });
});

function maySetItsRate({ ask, meta }: Command<typeof OpenCustomer>): boolean {
  return (ask.meterRateMinor ?? null) === null || mayForAll(meta.actor, "rates:write");
}
