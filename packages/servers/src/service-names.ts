/** The services that have a schema and a role of their own. */
export const serviceNames = ["identity", "inventory", "orders", "billing", "audit", "gateway"] as const;

export type ServiceName = (typeof serviceNames)[number];
