import type { Actor, Role } from "./actor";

/**
 * The whole access rule of Quartermaster, one line per permission: which roles have it, and for CUSTOMER whether only
 * for what is its own. `GET /permissions` and docs/permissions.md are printed from it; identity seeds it as data.
 */
export interface PermissionRule {
  about: string;
  roles: readonly Role[];
  /** Roles that have it only for their own customer's records. */
  own: readonly Role[];
}

const rule = (about: string, names: readonly Role[], own: readonly Role[] = []): PermissionRule => ({
  about,
  roles: [...names, ...own],
  own,
});

const staff = ["ADMIN", "MANAGER", "SALES"] as const;
const readers = ["ADMIN", "MANAGER", "SALES", "VIEWER"] as const;

export const permissions = {
  "users:manage": rule("Users, roles, settings, API keys, backups, webhooks and imports", ["ADMIN"]),
  "records:delete": rule("Any delete or restore", ["ADMIN"]),
  "products:read": rule("Products and locations: read", [...readers, "CUSTOMER"]),
  "products:write": rule("Products, prices, suppliers, locations: create and edit", ["ADMIN", "MANAGER"]),
  "stock:read": rule("Stock levels, movements, batches, documents, suppliers: read", readers, ["CUSTOMER"]),
  "stock:write": rule("Adjust, transfer, delivery notes", ["ADMIN", "MANAGER"]),
  "costs:read": rule("Costs, valuation, profit: read", ["ADMIN", "MANAGER", "VIEWER"]),
  "customers:read": rule("Customers, rates, obligations: read", readers, ["CUSTOMER"]),
  "customers:write": rule("Customers: create and edit", staff),
  "rates:write": rule("Meter rates: set and change", ["ADMIN", "MANAGER"]),
  "orders:read": rule("Orders, sales reports, transactions: read", readers, ["CUSTOMER"]),
  "orders:place": rule("Place orders; staff on behalf of a customer", staff, ["CUSTOMER"]),
  "orders:cancel": rule(
    "Cancel orders: staff any unshipped, a customer its own while PENDING",
    ["ADMIN", "MANAGER"],
    ["CUSTOMER"],
  ),
  "invoices:read": rule("Invoices, credit notes, payments, receivables: read", readers, ["CUSTOMER"]),
  "audit:read": rule("Audit: read and verify", ["ADMIN", "VIEWER"]),
} as const satisfies Record<string, PermissionRule>;

export type Permission = keyof typeof permissions;

/** Whether the role has the permission for everybody's records (`all`), its own only (`own`), or not (`none`). */
export function scopeOf(role: Role, permission: Permission): "all" | "own" | "none" {
  const found: PermissionRule = permissions[permission];
  if (found.own.includes(role)) return "own";
  return found.roles.includes(role) ? "all" : "none";
}

/** Whether the actor may do that for everybody's records. Services and operators have no role and act by their own rules. */
export function mayForAll(actor: Actor, permission: Permission): boolean {
  if (actor.kind === "service" || actor.kind === "operator") return true;
  return actor.role !== undefined && scopeOf(actor.role, permission) === "all";
}
