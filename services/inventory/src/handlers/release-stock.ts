import { ReleaseStock, StockReleased } from "@quartermaster/contracts";
import { done, handle, type Outcome } from "@quartermaster/messaging";
import { groupBy } from "../domain/group-by";
import { type Piece, sumByProduct } from "../domain/piece";
import type { HeldLine } from "../domain/plan-shipments";
import { changeLevels, lockLevels } from "../store/levels";
import { type Claim, claimReservations, heldLines, markReleased } from "../store/reservations";

/** The undo of ReserveStock. An order that holds nothing keeps a tombstone, which refuses a reservation that comes late. */
export const releaseStock = handle(ReleaseStock, async (tx, commands) => {
  const orderIds = [...new Set(commands.map(({ ask }) => ask.orderId.toLowerCase()))];
  const claims = await claimReservations(tx, orderIds, "RELEASED");
  const holding = [...claims.values()].filter(({ state }) => state === "HELD").map(({ orderId }) => orderId);
  const lines = await heldLines(tx, holding);
  if (lines.length > 0) {
    await lockLevels(tx, [...new Set(lines.map(({ productId }) => productId))]);
    changeLevels(
      tx,
      lines.map(({ productId, locationId, quantity }) => ({
        productId,
        locationId,
        onHand: 0,
        reserved: -quantity,
      })),
    );
  }
  markReleased(tx, holding);

  const linesOf = groupBy(lines, ({ orderId }) => orderId);
  const answered = new Set<string>();
  return commands.map(({ ask }): Outcome<typeof ReleaseStock> => {
    const orderId = ask.orderId.toLowerCase();
    const claim = claims.get(orderId);
    if (!claim || answered.has(orderId)) return done({ released: [] });
    answered.add(orderId);
    return outcomeOf(claim, linesOf.get(orderId) ?? []);
  });
});

function outcomeOf(
  { orderId, state, version, isNew }: Claim,
  lines: readonly HeldLine[],
): Outcome<typeof ReleaseStock> {
  if (isNew) {
    return done(
      { released: [] },
      StockReleased.of({ entityId: orderId, version, old: null, new: { orderId, lines: [] } }),
    );
  }
  if (state !== "HELD") return done({ released: [] });
  const pieces = lines.map(
    ({ productId, locationId, quantity }): Piece => ({ productId, locationId, quantity }),
  );
  return done(
    { released: sumByProduct(pieces) },
    StockReleased.of({
      entityId: orderId,
      version: version + 1,
      old: { lines: pieces },
      new: { orderId, lines: pieces },
    }),
  );
}
