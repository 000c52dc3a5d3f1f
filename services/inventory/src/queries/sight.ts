import { scopeOf } from "@quartermaster/contracts";
import type { Meta } from "@quartermaster/messaging";
import type { queries } from "@quartermaster/process";

/** Whether who asks may see what things cost: services may, users by their role (DOMAIN.md, Identity and access). */
export function maySeeCosts({ actor }: Meta): boolean {
  if (actor.kind !== "user") return actor.kind !== "anonymous";
  return actor.role !== undefined && scopeOf(actor.role, "costs:read") !== "none";
}

/** A customer sees only what lies at a location of its own; `loc` names the locations in the query. */
export function onlyOwnLocations(query: ReturnType<typeof queries>, { actor }: Meta): void {
  if (actor.kind !== "user" || actor.role === undefined || scopeOf(actor.role, "stock:read") === "all")
    return;
  if (actor.customerId === undefined) query.whereRaw("false");
  else query.where("loc.customer_id", actor.customerId);
}
