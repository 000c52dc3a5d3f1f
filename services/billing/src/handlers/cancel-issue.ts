import { CancelIssue, IssueCancelled } from "@quartermaster/contracts";
import { done, handle, type Outcome } from "@quartermaster/messaging";
import { forbidSources } from "../store/sources";
import { invoiceAnswer } from "./invoice-answer";
import { settledSources } from "./settled-sources";

/** The fence: after `cancelled` no invoice for the order will ever be issued; `already-done` names the one that was. */
export const cancelIssue = handle(CancelIssue, async (tx, commands) => {
  const orderIds = [...new Set(commands.map(({ ask }) => ask.orderId))];
  const forbidden = await forbidSources(tx, orderIds);
  const earlier = await settledSources(
    tx,
    orderIds.filter((orderId) => !forbidden.has(orderId)),
  );
  const said = new Set<string>();
  return commands.map(({ ask: { orderId } }): Outcome<typeof CancelIssue> => {
    const found = forbidden.has(orderId) ? "forbidden" : earlier.get(orderId);
    // A fence that is not there must never be confirmed: an invoice could still be issued behind it.
    if (found === undefined) throw new Error(`order ${orderId} is neither forbidden nor invoiced`);
    if (found !== "forbidden") return done({ state: "already-done", invoice: invoiceAnswer(found) });
    // Said once, by the command that forbade it.
    if (!forbidden.has(orderId) || said.has(orderId)) return done({ state: "cancelled" });
    said.add(orderId);
    const event = IssueCancelled.of({ entityId: orderId, version: 0, old: null, new: { orderId } });
    return done({ state: "cancelled" }, event);
  });
});
