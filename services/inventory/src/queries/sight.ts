import { scopeOf } from "@quartermaster/contracts";
import type { Meta, Reader } from "@quartermaster/messaging";
import { build, queries } from "@quartermaster/process";

/** Whether who asks may see what things cost: services may, users by their role (DOMAIN.md, Identity and access). */
export function maySeeCosts({ actor }: Meta): boolean {
  if (actor.kind !== "user") return actor.kind !== "anonymous";
  return actor.role !== undefined && scopeOf(actor.role, "costs:read") !== "none";
}

/** Whose stock who asks may see. A user without a role sees nothing, and neither does a stranger. */
function stockScope({ actor }: Meta): "all" | "own" | "none" {
  if (actor.kind !== "user") return actor.kind === "anonymous" ? "none" : "all";
  return actor.role === undefined ? "none" : scopeOf(actor.role, "stock:read");
}

/**
 * Narrows a list to the locations that who asks may see, a customer its own, and to the one with this code where one is
 * asked for. The locations, which are few, are looked up first: an index by location then serves the list's order.
 *
 * @param column the column of the query that holds a location's id
 */
export async function onlySeenLocations(
  db: Reader,
  query: ReturnType<typeof queries>,
  column: string,
  { code, meta }: { code: string | undefined; meta: Meta },
): Promise<void> {
  const scope = stockScope(meta);
  if (scope === "all" && code === undefined) return;
  const { customerId } = meta.actor;
  if (scope === "none" || (scope === "own" && customerId === undefined)) {
    query.whereRaw("false");
    return;
  }
  const seen = queries("locations").select("id");
  if (code !== undefined) seen.where("code", code);
  if (scope === "own" && customerId !== undefined) seen.where("customer_id", customerId);
  const ids = (await db.rows<{ id: string }>(build(seen))).map(({ id }) => id);
  // Equality keeps the order of an index that begins with the location; a list of several does not.
  if (ids.length === 1) query.where(column, ids[0]);
  else query.whereRaw("?? = any(?::uuid[])", [column, ids]);
}
