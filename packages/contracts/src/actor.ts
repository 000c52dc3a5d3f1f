import { z } from "zod";

export const roles = ["ADMIN", "MANAGER", "SALES", "CUSTOMER", "VIEWER"] as const;
export const Role = z.enum(roles);
export type Role = z.infer<typeof Role>;

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
