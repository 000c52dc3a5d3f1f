import { z } from "zod";
import { event, type ServiceName } from "./contract";
import { Reason } from "./ops-contract";

/** `values` is what the act changed, in `old` as it was before; their names are the verb's own. */
const Fields = z.object({
  verb: z.string().min(1).max(40),
  instance: z.string().min(1).max(40),
  reason: Reason,
  values: z.record(z.string(), z.unknown()),
});

function operatorActed(service: ServiceName) {
  return event(`${service}.operator-acted.v1`, {
    about: "Operator acted",
    entity: "operation",
    action: "COMMAND",
    fields: Fields,
  });
}

export const GatewayOperatorActed = operatorActed("gateway");
export const IdentityOperatorActed = operatorActed("identity");
export const InventoryOperatorActed = operatorActed("inventory");
export const OrdersOperatorActed = operatorActed("orders");
export const BillingOperatorActed = operatorActed("billing");
export const AuditOperatorActed = operatorActed("audit");

/** What a service says when an operator has changed something in it. The entity is what was acted on: a saga, a letter, an instance. */
export const operatorActedOf = {
  gateway: GatewayOperatorActed,
  identity: IdentityOperatorActed,
  inventory: InventoryOperatorActed,
  orders: OrdersOperatorActed,
  billing: BillingOperatorActed,
  audit: AuditOperatorActed,
} as const satisfies Record<ServiceName, ReturnType<typeof operatorActed>>;
