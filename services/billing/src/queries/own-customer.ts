import type { Actor } from "@quartermaster/contracts";

/**
 * The one customer whose documents this user may see; undefined when it may see everybody's. A CUSTOMER without a
 * customer account sees nobody's: null.
 */
export function ownCustomer(actor: Actor): string | null | undefined {
  return actor.role === "CUSTOMER" ? (actor.customerId ?? null) : undefined;
}

/** What the actor may see of what it asked for: a customer's id, everybody's (undefined), or nothing (null). */
export function visibleCustomer(actor: Actor, asked: string | undefined): string | null | undefined {
  const own = ownCustomer(actor);
  if (own === undefined) return asked;
  return asked === undefined || asked === own ? own : null;
}
