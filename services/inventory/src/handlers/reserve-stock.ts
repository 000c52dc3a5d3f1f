import { type AnswerOf, ReserveStock, StockReserved } from "@quartermaster/contracts";
import { type Command, done, handle, type Outcome, refuse, type Tx } from "@quartermaster/messaging";
import { type Allocation, allocate, type OrderAsk, type Shelf } from "../domain/allocate";
import { groupBy } from "../domain/group-by";
import { type Piece, sumByProduct } from "../domain/piece";
import { changeLevels, type LevelChange, lockShelf } from "../store/levels";
import { sellableCodes } from "../store/locations";
import {
  type Claim,
  claimReservations,
  dropClaims,
  insertLines,
  type ReservedRow,
  reservedRows,
} from "../store/reservations";

type Answer = AnswerOf<typeof ReserveStock>;

type ReserveCommand = Command<typeof ReserveStock>;
type ReserveOutcome = Outcome<typeof ReserveStock>;

/** THE hot path: thousands of orders a second, perhaps all of one product. Five or six statements for up to 200 orders. */
export const reserveStock = handle(ReserveStock, async (tx, commands) => {
  const asks = firstAskOfEachOrder(commands);
  const all = [...asks.values()];
  // Nearly always every order is new: their shelf is locked along with the claims, which come first, as everywhere.
  const [claims, locations, shelf] = await Promise.all([
    claimReservations(tx, [...asks.keys()], "HELD"),
    sellableCodes(
      tx,
      all.flatMap(({ location }) => location ?? []),
    ),
    lockShelf(tx, productsOf(all)),
  ]);
  const fresh: OrderAsk[] = [];
  const repeated: Claim[] = [];
  for (const ask of all) {
    const claim = claims.get(ask.orderId);
    if (claim?.isNew) fresh.push(ask);
    else if (claim) repeated.push(claim);
  }
  const allocations = allocate(shelf, locations, fresh);
  writeAllocations(tx, fresh, allocations);

  const outcomes = await repeatedOutcomes(tx, repeated);
  fresh.forEach((ask, n) => {
    outcomes.set(ask.orderId, outcomeOf(ask, allocations[n], shelf));
  });
  return commands.map(({ ask }) => {
    const outcome = outcomes.get(ask.orderId);
    if (!outcome) throw new Error(`order ${ask.orderId} was not decided`);
    // A second command for the same order in this batch gets the same answer, but nothing happened twice.
    return outcome.kind === "done" && asks.get(ask.orderId) !== ask ? done(outcome.answer) : outcome;
  });
});

function firstAskOfEachOrder(commands: readonly ReserveCommand[]): Map<string, OrderAsk> {
  const asks = new Map<string, OrderAsk>();
  for (const { ask } of commands) if (!asks.has(ask.orderId)) asks.set(ask.orderId, ask);
  return asks;
}

function productsOf(asks: readonly OrderAsk[]): number[] {
  const productIds = new Set<number>();
  for (const { lines } of asks) for (const { productId } of lines) productIds.add(productId);
  return [...productIds];
}

function writeAllocations(tx: Tx, asks: readonly OrderAsk[], allocations: readonly Allocation[]): void {
  const held: { orderId: string; pieces: Piece[] }[] = [];
  const refused: string[] = [];
  const changes: LevelChange[] = [];
  asks.forEach(({ orderId }, n) => {
    const allocation = allocations[n];
    if (allocation?.kind !== "held") {
      refused.push(orderId);
      return;
    }
    held.push({ orderId, pieces: allocation.pieces });
    for (const { productId, locationId, quantity } of allocation.pieces)
      changes.push({ productId, locationId, onHand: 0, reserved: quantity });
  });
  changeLevels(tx, changes);
  insertLines(tx, held);
  dropClaims(tx, refused);
}

function outcomeOf({ orderId }: OrderAsk, allocation: Allocation | undefined, shelf: Shelf): ReserveOutcome {
  if (!allocation) throw new Error(`order ${orderId} was not allocated`);
  if (allocation.kind === "unknown_location")
    return refuse(allocation.kind, { location: allocation.location });
  if (allocation.kind !== "held") return refuse(allocation.kind, { lines: allocation.lines });
  const said = StockReserved.of({
    entityId: orderId,
    version: 1,
    old: null,
    new: { orderId, lines: allocation.pieces },
  });
  return done({ lines: sumByProduct(allocation.pieces).map((line) => snapshot(line, shelf)) }, said);
}

function snapshot(line: { productId: number; quantity: number }, shelf: Shelf): Answer["lines"][number] {
  const product = shelf.get(line.productId);
  if (!product) throw new Error(`product ${line.productId} was allocated without being on the shelf`);
  const { sku, name, priceMinor, taxCode } = product;
  const { productId, quantity } = line;
  return { productId, quantity, sku, productName: name, unitPriceMinor: priceMinor, taxCode };
}

/** What orders get that had a reservation before this batch: what they reserved, or the fence. */
async function repeatedOutcomes(tx: Tx, claims: readonly Claim[]): Promise<Map<string, ReserveOutcome>> {
  const outcomes = new Map<string, ReserveOutcome>();
  if (claims.length === 0) return outcomes;
  const reserved = claims.filter(({ state }) => state !== "RELEASED").map(({ orderId }) => orderId);
  const lines = groupBy(await reservedRows(tx, reserved), ({ orderId }) => orderId);
  for (const { orderId, state } of claims) {
    const fenced = state === "RELEASED";
    outcomes.set(
      orderId,
      fenced ? refuse("fenced") : done({ lines: (lines.get(orderId) ?? []).map(withoutOrder) }),
    );
  }
  return outcomes;
}

function withoutOrder({ orderId: _orderId, ...line }: ReservedRow): Answer["lines"][number] {
  return line;
}
