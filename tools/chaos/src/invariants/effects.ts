import type { Database } from "../arena/database";
import type { Operation } from "../load/operation";

interface OrderRow {
  id: string;
  notes: string;
  status: string;
}

/**
 * I4: every acknowledged operation has its effect exactly once, an unacknowledged one once or not at all. Sentences on
 * those that break it.
 */
export async function wrongEffects(
  sql: Database["sql"],
  operations: readonly Operation[],
): Promise<string[]> {
  const rows = await sql<OrderRow>("select id, notes, status from orders.orders where notes is not null");
  const byLabel = new Map<string, OrderRow[]>();
  for (const row of rows) byLabel.set(row.notes, [...(byLabel.get(row.notes) ?? []), row]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const cancelTried = new Set(
    operations.flatMap(({ kind, orderId }) => (kind === "cancel" && orderId ? [orderId] : [])),
  );
  return operations.flatMap((one) => {
    const wrong =
      one.kind === "place"
        ? wrongPlacing(one, byLabel.get(one.label) ?? [], cancelTried)
        : wrongCancel(one, byId.get(one.orderId as string));
    return wrong ? [`${one.label} (${one.outcome}, ${one.tries} tries): ${wrong}`] : [];
  });
}

/** What is wrong with the orders that a placing has left, or undefined. */
export function wrongPlacing(
  { outcome, orderId }: Pick<Operation, "outcome" | "orderId">,
  orders: readonly Omit<OrderRow, "notes">[],
  cancelTried: ReadonlySet<string>,
): string | undefined {
  if (orders.length > 1) return `${orders.length} orders`;
  const [order] = orders;
  if (outcome === "placed") {
    if (!order) return "no order";
    if (order.id !== orderId) return `the order is ${order.id}, not ${orderId}`;
    if (order.status === "PENDING") return undefined;
    return order.status === "CANCELLED" && cancelTried.has(order.id)
      ? undefined
      : `the order is ${order.status}`;
  }
  if (outcome === "refused" && order && order.status !== "REJECTED") return `the order is ${order.status}`;
  if (order?.status === "CANCELLED" && !cancelTried.has(order.id))
    return "CANCELLED, and nobody asked for it";
  return undefined;
}

function wrongCancel({ outcome }: Operation, order: OrderRow | undefined): string | undefined {
  if (!order) return "the order is gone";
  if (outcome === "cancelled" && order.status !== "CANCELLED") return `the order is ${order.status}`;
  return undefined;
}
