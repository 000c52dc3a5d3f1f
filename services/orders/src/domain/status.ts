import type { OrderStatus } from "@quartermaster/contracts";
import type { z } from "zod";

export type Status = z.infer<typeof OrderStatus>;

/** What may be asked of an order. */
export type Act = "confirm" | "pay" | "ship" | "cancel";

/**
 * Every transition that may be asked for; what is not here is refused as transition_not_allowed. PLACING leads to PENDING
 * or REJECTED by its saga alone, and a cancelled placing is a stop of that saga, so it has no line here.
 */
export const transitions: Record<Act, Partial<Record<Status, Status>>> = {
  confirm: { PENDING: "CONFIRMED" },
  pay: { PENDING: "PAID", CONFIRMED: "PAID" },
  // Whether a CONFIRMED order may ship before it is paid depends on its terms (CREDIT), which the act itself checks.
  ship: { CONFIRMED: "SHIPPED", PAID: "SHIPPED" },
  cancel: { PENDING: "CANCELLED", CONFIRMED: "CANCELLED", PAID: "CANCELLED" },
};

const results: Record<Act, Status> = {
  confirm: "CONFIRMED",
  pay: "PAID",
  ship: "SHIPPED",
  cancel: "CANCELLED",
};

/** What an act does to an order in a status: moves it, finds it there already (answered alike), or is not allowed. */
export function judge(
  act: Act,
  status: Status,
): { kind: "moves"; to: Status } | { kind: "already" } | { kind: "not-allowed" } {
  if (status === results[act]) return { kind: "already" };
  const to = transitions[act][status];
  return to ? { kind: "moves", to } : { kind: "not-allowed" };
}
