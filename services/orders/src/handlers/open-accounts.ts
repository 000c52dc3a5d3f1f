import { CustomerOpened, type Said } from "@quartermaster/contracts";
import type { Tx } from "@quartermaster/messaging";
import { type CustomerView, customerFields, type Opening } from "../domain/customer";
import { findCustomers, insertCustomers } from "../store/customers";

/** What became of an opening: the account with the event that it caused, or undefined where email or document is taken. */
export type Opened = { readonly customer: CustomerView; readonly said: readonly Said[] } | undefined;

/**
 * Opens accounts, idempotent by id: one that is open is answered as it is, without an event. However many ways lead here
 * (the gateway at registration, the event, a first order), the first one opens.
 */
export async function openAccounts(tx: Tx, openings: readonly Opening[]): Promise<Opened[]> {
  const written = await insertCustomers(
    tx,
    openings.map((one) => one.customer),
  );
  const left = openings.filter((one) => !written.has(one.customer.id));
  const known = await findCustomers(
    tx,
    left.map((one) => one.customer.id),
  );
  const withoutEmail = new Map(
    left
      .filter((one) => one.registration && !known.has(one.customer.id))
      .map((one) => [one.customer.id, { ...one.customer, email: null }]),
  );
  const late = await insertCustomers(tx, [...withoutEmail.values()]);

  const said = new Set<string>();
  return openings.map(({ customer: { id }, ...one }) => {
    const open = known.get(id);
    if (open) return { customer: open, said: [] };
    const fresh = written.has(id) ? openingOf(openings, id) : late.has(id) ? withoutEmail.get(id) : undefined;
    if (!fresh) return undefined;
    if (said.has(id)) return { customer: fresh, said: [] };
    said.add(id);
    return { customer: fresh, said: [openedEvent(fresh)], ...one };
  });
}

// Two openings of one id in a batch: the first row is the one that was written.
function openingOf(openings: readonly Opening[], id: string): CustomerView | undefined {
  return openings.find((one) => one.customer.id === id)?.customer;
}

function openedEvent(customer: CustomerView): Said {
  return CustomerOpened.of({ entityId: customer.id, version: 1, old: null, new: customerFields(customer) });
}
