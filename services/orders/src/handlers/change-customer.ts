import { type AskOf, ChangeCustomer, CustomerChanged, mayForAll } from "@quartermaster/contracts";
import { type Command, done, handle, refuse, type Tx } from "@quartermaster/messaging";
import { type CustomerView, canonical, differences } from "../domain/customer";
import { nameOf } from "../domain/who";
import { lockCustomers, updateCustomer } from "../store/customers";

/** Customers are changed by hand, a few an hour: one statement each, under one lock for the batch. */
export const changeCustomer = handle(ChangeCustomer, async (tx, commands) => {
  const locked = await lockCustomers(
    tx,
    commands.map((command) => command.ask.id),
  );
  const outcomes = [];
  for (const command of commands) outcomes.push(await changeOne(tx, command, locked));
  return outcomes;
});

async function changeOne(
  tx: Tx,
  { ask, meta }: Command<typeof ChangeCustomer>,
  locked: Map<string, CustomerView>,
) {
  const before = locked.get(ask.id);
  if (!before) return refuse("not_found");
  const { id, expectedVersion, ...change } = ask as AskOf<typeof ChangeCustomer>;
  const newRate = ask.meterRateMinor !== undefined && ask.meterRateMinor !== before.meterRateMinor;
  if (newRate && !mayForAll(meta.actor, "rates:write"))
    return refuse("forbidden", { field: "meterRateMinor" });
  if (expectedVersion !== undefined && expectedVersion !== before.version) {
    return refuse("version_conflict", { expectedVersion, version: before.version });
  }
  const changed = differences<CustomerView>(before, canonical(change));
  if (!changed) return done(before);
  const version = before.version + 1;
  const stamps = { updatedAt: new Date().toISOString(), updatedBy: nameOf(meta.actor) };
  const after: CustomerView = { ...before, ...changed.new, ...stamps, version };
  if (!(await updateCustomer(tx, after))) return refuse("document_taken");
  locked.set(id, after);
  return done(after, CustomerChanged.of({ entityId: id, version, old: changed.old, new: changed.new }));
}
