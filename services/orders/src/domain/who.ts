import type { Actor } from "@quartermaster/contracts";

/** The customer whose records an actor is bound to, or null for one who may see all: staff, services, operators. */
export function ownOnly(actor: Actor): string | null {
  if (isStaff(actor)) return null;
  // An id that no record has: whoever is neither staff nor a customer sees nothing.
  return actor.customerId ?? "00000000-0000-0000-0000-000000000000";
}

/** Everybody but customers and strangers. Which staff role may do what is the gateway's table of permissions. */
export function isStaff(actor: Actor): boolean {
  if (actor.kind === "anonymous") return false;
  return actor.kind !== "user" || (actor.role !== undefined && actor.role !== "CUSTOMER");
}

/** How an actor is written beside a record: the name at the time, else the id. */
export function nameOf(actor: Actor): string {
  return actor.name ?? actor.id;
}
