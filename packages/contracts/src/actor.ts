import { z } from "zod";

export const roles = ["ADMIN", "MANAGER", "SALES", "CUSTOMER", "VIEWER"] as const;
export const Role = z.enum(roles);
export type Role = z.infer<typeof Role>;

/** What each role is for, and the names that earlier systems gave it (DOMAIN.md, Identity and access). */
export const roleCatalog = {
  ADMIN: {
    description: "Everything; alone deletes, restores, manages users and configuration.",
    aliases: [],
  },
  MANAGER: { description: "Creates and edits.", aliases: ["INVENTORY_MANAGER", "gestor"] },
  SALES: {
    description: "Sells on behalf of customers, ships, distributes, reads meters, takes payments.",
    aliases: ["USER"],
  },
  CUSTOMER: { description: "Its own orders, reports, stock and invoices.", aliases: ["partner"] },
  VIEWER: { description: "Reads everything, costs and audit too.", aliases: ["consultor"] },
} as const satisfies Record<Role, { description: string; aliases: readonly string[] }>;

const roleByName = new Map<string, Role>(
  roles.flatMap((role) =>
    [role, ...roleCatalog[role].aliases].map((name) => [name.toUpperCase(), role] as const),
  ),
);

/** The role of a name or alias in any case; undefined when there is none. */
export function roleNamed(name: string): Role | undefined {
  return roleByName.get(name.trim().toUpperCase());
}

/**
 * Who acts, as it travels in the header `Qm-Actor` and stands in the audit: the name at the time, not a reference.
 * A service that acts by itself is `{kind: "service", id: "orders"}`.
 */
export const Actor = z.object({
  kind: z.enum(["user", "service", "operator", "anonymous"]),
  id: z.string().min(1).max(64),
  name: z.string().max(254).optional(),
  role: Role.optional(),
  customerId: z.uuid().optional(),
  ip: z.string().max(64).optional(),
});
export type Actor = z.infer<typeof Actor>;
