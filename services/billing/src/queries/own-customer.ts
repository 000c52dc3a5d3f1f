import type { Actor } from "@quartermaster/contracts";

/**
 * The one customer whose documents this actor may see; undefined when it may see everybody's: services, operators and
 * staff. A CUSTOMER without a customer account, a user without a role and a stranger see nobody's: null.
 */
export function ownCustomer({ kind, role, customerId }: Actor): string | null | undefined {
  if (kind === "service" || kind === "operator") return undefined;
  if (kind !== "user" || role === undefined) return null;
  return role === "CUSTOMER" ? (customerId ?? null) : undefined;
}

/** What the actor may see of what it asked for: a customer's id, everybody's (undefined), or nothing (null). */
export function visibleCustomer(actor: Actor, asked: string | undefined): string | null | undefined {
  const own = ownCustomer(actor);
  if (own === undefined) return asked;
  return asked === undefined || asked === own ? own : null;
}
