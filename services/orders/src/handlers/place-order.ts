import { type AskOf, PlaceOrder, quantityMax } from "@quartermaster/contracts";
import {
  accepted,
  type Command,
  handle,
  type Outcome,
  type Refused,
  refuse,
  type Tx,
} from "@quartermaster/messaging";
import { accountName, type CustomerView, newCustomer } from "../domain/customer";
import { type AskedLine, addUp } from "../domain/lines";
import { isStaff, nameOf } from "../domain/who";
import type { Beginning } from "../runner/play";
import type { SagaRunner } from "../runner/runner";
import type { PlacingOrder } from "../sagas/place-order";
import { findCustomers } from "../store/customers";
import { type Opened, openAccounts } from "./open-accounts";

type Placing = Command<typeof PlaceOrder>;

/** What every order of this deployment is placed with. Amounts in minor units. */
export interface OrderTerms {
  readonly currency: string;
  readonly shippingMinor: number;
}

/** Makes the intent durable: the saga's row, and nothing else. The saga settles the command when it has ended. */
export function placeOrder(runner: SagaRunner, terms: OrderTerms) {
  return handle(PlaceOrder, async (tx, commands) => {
    const baskets = commands.map(({ ask }) => basketOf(ask));
    // Nobody's account is opened for an order that is refused anyway.
    const buyers = commands.map((command, n) => {
      const basket = baskets[n];
      return basket && "kind" in basket ? basket : buyerOf(command);
    });
    const known = await findCustomers(tx, [...new Set(buyers.filter((one) => typeof one === "string"))]);
    const opened = await openMissing(tx, commands, buyers, known);
    const begins: Beginning[] = [];
    const outcomes = commands.map((command, n): Outcome<typeof PlaceOrder> => {
      const buyer = buyers[n];
      if (typeof buyer !== "string") return buyer as Refused<"forbidden" | "bad_request">;
      const customer = known.get(buyer) ?? opened.get(buyer)?.customer;
      if (!customer) return refuse("unknown_customer");
      // The account is open whatever becomes of this order, so its event goes with a refusal too.
      const said = opened.get(buyer)?.said ?? [];
      opened.delete(buyer);
      known.set(buyer, customer);
      if (customer.status === "BLOCKED") return refuse("customer_blocked", { customerId: buyer }, ...said);
      begins.push(beginningOf(command, customer, baskets[n] as AskedLine[], terms));
      return accepted(...said);
    });
    await runner.begin(tx, begins);
    return outcomes;
  });
}

/** Whom the order is for: a CUSTOMER itself, staff whom they name. */
function buyerOf({ ask, meta: { actor } }: Placing): string | Refused {
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

/** The lines of one product added up; refused where they come to more than one line can hold. */
function basketOf({ items }: AskOf<typeof PlaceOrder>): AskedLine[] | Refused<"bad_request"> {
  const lines = addUp(items);
  const tooMany = lines.find((line) => line.quantity > quantityMax);
  if (!tooMany) return lines;
  return refuse("bad_request", { field: "items", productId: tooMany.productId, quantityMax });
}

/**
 * A CUSTOMER whose account is still under way (the gateway's OpenCustomer failed, the event is not here yet) is not sent
 * away: identity vouches for its customerId in the token, so the account is opened from what the actor carries.
 */
async function openMissing(
  tx: Tx,
  commands: readonly Placing[],
  buyers: readonly (string | Refused)[],
  known: ReadonlyMap<string, CustomerView>,
): Promise<Map<string, NonNullable<Opened>>> {
  const at = new Date().toISOString();
  const missing = new Map<string, CustomerView>();
  for (const [n, { meta }] of commands.entries()) {
    const id = buyers[n];
    if (typeof id !== "string" || known.has(id) || isStaff(meta.actor)) continue;
    const { name = "" } = meta.actor;
    const email = name.includes("@") ? { email: name.toLowerCase() } : {};
    missing.set(id, newCustomer(id, { name: accountName(name), ...email }, meta.actor, at));
  }
  if (missing.size === 0) return new Map();
  const opened = await openAccounts(
    tx,
    [...missing.values()].map((customer) => ({ customer, registration: true })),
  );
  return new Map(opened.filter((one) => one !== undefined).map((one) => [one.customer.id, one]));
}

function beginningOf(
  { id, ask, meta }: Placing,
  customer: CustomerView,
  items: readonly AskedLine[],
  terms: OrderTerms,
): Beginning {
  const { location = null, notes = null } = ask as AskOf<typeof PlaceOrder>;
  const { name, documentType, documentNumber, address, email, paymentTerms, creditLimitMinor } = customer;
  const data: PlacingOrder = {
    orderId: id,
    customer: {
      id: customer.id,
      name,
      documentType,
      documentNumber,
      address,
      email,
      paymentTerms,
      creditLimitMinor,
    },
    items,
    location,
    notes,
    currency: terms.currency,
    shippingMinor: terms.shippingMinor,
    placedAt: new Date().toISOString(),
    placedBy: nameOf(meta.actor),
    reserved: null,
    lines: null,
    totalMinor: null,
    invoice: null,
  };
  return { saga: "place-order", id, orderId: id, data, meta };
}
