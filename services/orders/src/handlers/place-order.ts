import { PlaceOrder, quantityMax, type Said } from "@quartermaster/contracts";
import {
  accepted,
  type Command,
  handle,
  type Outcome,
  type Refused,
  refuse,
  type Tx,
} from "@quartermaster/messaging";
import { accountName, type Buyer, buyerOf, type CustomerView, newCustomer } from "../domain/customer";
import { type AskedLine, addUp } from "../domain/lines";
import { isStaff, nameOf } from "../domain/who";
import type { Beginning } from "../runner/play";
import type { SagaRunner } from "../runner/runner";
import type { PlacingOrder } from "../sagas/place-order";
import { findBuyers } from "../store/customers";
import { openAccounts } from "./open-accounts";

type Placing = Command<typeof PlaceOrder>;

/** What every order of this deployment is placed with. Amounts in minor units. */
export interface OrderTerms {
  readonly currency: string;
  readonly shippingMinor: number;
}

/** Makes the intent durable: the saga's row, and nothing else. The saga settles the command when it has ended. */
export function placeOrder(runner: SagaRunner, terms: OrderTerms) {
  return handle(PlaceOrder, async (tx, commands) => {
    // Nobody's account is opened for an order that is refused anyway.
    const wanted = commands.map(wantedOf);
    const known = await findBuyers(tx, [...new Set(wanted.flatMap((one) => one.buyerId ?? []))]);
    const at = new Date().toISOString();
    const opened = await openMissing(tx, commands, wanted, known, at);
    const begins: Beginning[] = [];
    const outcomes = commands.map((command, n): Outcome<typeof PlaceOrder> => {
      const { refusal, buyerId, items } = wanted[n] as Wanted | Unwanted;
      if (refusal) return refusal;
      const buyer = known.get(buyerId);
      if (!buyer) return refuse("unknown_customer");
      // The account is open whatever becomes of this order, so its event goes with a refusal too.
      const said = opened.get(buyerId) ?? [];
      opened.delete(buyerId);
      if (buyer.status === "BLOCKED") return refuse("customer_blocked", { customerId: buyerId }, ...said);
      begins.push(beginningOf(command, { items, customer: buyer.snapshot, placedAt: at }, terms));
      return accepted(...said);
    });
    await runner.begin(tx, begins);
    return outcomes;
  });
}

/** An order that may be placed, as far as its command alone tells. */
interface Wanted {
  readonly refusal: null;
  readonly buyerId: string;
  readonly items: readonly AskedLine[];
}

interface Unwanted {
  readonly refusal: Refused<"bad_request" | "unknown_customer" | "forbidden">;
  readonly buyerId: null;
  readonly items: null;
}

function wantedOf(command: Placing): Wanted | Unwanted {
  const items = addUp(command.ask.items);
  const tooMany = items.find((line) => line.quantity > quantityMax);
  if (tooMany) {
    return unwanted(refuse("bad_request", { field: "items", productId: tooMany.productId, quantityMax }));
  }
  const buyerId = buyerIdOf(command);
  return typeof buyerId === "string" ? { refusal: null, buyerId, items } : unwanted(buyerId);
}

function unwanted(refusal: Unwanted["refusal"]): Unwanted {
  return { refusal, buyerId: null, items: null };
}

/** Whom the order is for: a CUSTOMER itself, staff whom they name. */
function buyerIdOf({ ask, meta: { actor } }: Placing): string | Refused<"unknown_customer" | "forbidden"> {
  if (isStaff(actor)) {
    return (
      ask.customerId ??
      refuse("unknown_customer", { customerId: null, hint: "Say in customerId whom the order is for." })
    );
  }
  if (!actor.customerId) return refuse("forbidden");
  if (ask.customerId && ask.customerId !== actor.customerId)
    return refuse("forbidden", { customerId: ask.customerId });
  return actor.customerId;
}

/**
 * A CUSTOMER whose account is still under way (the gateway's OpenCustomer failed, the event is not here yet) is not sent
 * away: identity vouches for its customerId in the token, so the account is opened from what the actor carries. It is
 * known from then on; what was opened is said by the events that are answered, by the customers' ids.
 */
async function openMissing(
  tx: Tx,
  commands: readonly Placing[],
  wanted: readonly (Wanted | Unwanted)[],
  known: Map<string, Buyer>,
  at: string,
): Promise<Map<string, readonly Said[]>> {
  const missing = new Map<string, CustomerView>();
  for (const [n, { meta }] of commands.entries()) {
    const id = wanted[n]?.buyerId;
    if (!id || known.has(id) || isStaff(meta.actor)) continue;
    const { name = "" } = meta.actor;
    const email = name.includes("@") ? { email: name.toLowerCase() } : {};
    missing.set(id, newCustomer(id, { name: accountName(name), ...email }, meta.actor, at));
  }
  if (missing.size === 0) return new Map();
  const opened = await openAccounts(
    tx,
    [...missing.values()].map((customer) => ({ customer, registration: true })),
  );
  const events = new Map<string, readonly Said[]>();
  for (const one of opened) {
    if (!one) continue;
    known.set(one.customer.id, buyerOf(one.customer));
    events.set(one.customer.id, one.said);
  }
  return events;
}

function beginningOf(
  { id, ask, meta }: Placing,
  { items, customer, placedAt }: Pick<PlacingOrder, "items" | "customer" | "placedAt">,
  { currency, shippingMinor }: OrderTerms,
): Beginning {
  const { location = null, notes = null } = ask;
  const data: PlacingOrder = {
    orderId: id,
    customer,
    items,
    location,
    notes,
    currency,
    shippingMinor,
    placedAt,
    placedBy: nameOf(meta.actor),
    reserved: null,
    lines: null,
    totalMinor: null,
    invoice: null,
  };
  return { saga: "place-order", id, orderId: id, data, meta };
}
