import { type AnswerOf, ReserveStock, StockReserved } from "@quartermaster/contracts";
import { type Command, done, handle, type Outcome, refuse, type Tx } from "@quartermaster/messaging";
import { type Allocation, allocate, type OrderAsk, type Shelf } from "../domain/allocate";
import { groupBy } from "../domain/group-by";
import { type Piece, sumByProduct } from "../domain/piece";
import { changeLevels, lockShelf } from "../store/levels";
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

/** THE hot path: thousands of orders a second, perhaps all of one product. Five statements for up to 200 orders. */
export const reserveStock = handle(ReserveStock, async (tx, commands) => {
  const asks = firstAskOfEachOrder(commands);
  const claims = await claimReservations(tx, [...asks.keys()], "HELD");
  const fresh = [...asks.values()].filter(({ orderId }) => claims.get(orderId)?.isNew);
  const [locations, shelf] = await Promise.all([
    sellableCodes(
      tx,
      fresh.flatMap(({ location }) => location ?? []),
    ),
    lockShelf(tx, productsOf(fresh)),
  ]);
  const allocations = allocate(shelf, locations, fresh);
  await writeAllocations(tx, fresh, allocations);

  const decided = new Map(fresh.map((ask, n) => [ask.orderId, outcomeOf(ask, allocations[n], shelf)]));
  const repeated = await repeatedOutcomes(
    tx,
    [...claims.values()].filter(({ isNew }) => !isNew),
  );
  return commands.map((command) => {
    const orderId = orderOf(command);
    const outcome = decided.get(orderId) ?? repeated.get(orderId);
    if (!outcome) throw new Error(`order ${orderId} was not decided`);
    // A second command for the same order in this batch gets the same answer, but nothing happened twice.
    if (outcome.kind === "done") decided.set(orderId, done(outcome.answer));
    return outcome;
  });
});

const orderOf = ({ ask }: Command<typeof ReserveStock>) => ask.orderId.toLowerCase();

function firstAskOfEachOrder(commands: readonly Command<typeof ReserveStock>[]): Map<string, OrderAsk> {
  const asks = new Map<string, OrderAsk>();
  for (const command of commands) {
    const orderId = orderOf(command);
    if (!asks.has(orderId)) asks.set(orderId, { ...command.ask, orderId });
  }
  return asks;
}

function productsOf(asks: readonly OrderAsk[]): number[] {
  return [...new Set(asks.flatMap(({ lines }) => lines.map(({ productId }) => productId)))];
}

async function writeAllocations(tx: Tx, asks: readonly OrderAsk[], allocations: readonly Allocation[]) {
  const held: { orderId: string; pieces: Piece[] }[] = [];
  const refused: string[] = [];
  for (const [n, { orderId }] of asks.entries()) {
    const allocation = allocations[n];
    if (allocation?.kind === "held") held.push({ orderId, pieces: allocation.pieces });
    else refused.push(orderId);
  }
  await changeLevels(
    tx,
    held.flatMap(({ pieces }) =>
      pieces.map(({ quantity, ...where }) => ({ ...where, onHand: 0, reserved: quantity })),
    ),
  );
  insertLines(tx, held);
  dropClaims(tx, refused);
}

function outcomeOf(
  { orderId }: OrderAsk,
  allocation: Allocation | undefined,
  shelf: Shelf,
): Outcome<typeof ReserveStock> {
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
  return { ...line, sku, productName: name, unitPriceMinor: priceMinor, taxCode };
}

/** What orders get that had a reservation before this batch: what they reserved, or the fence. */
async function repeatedOutcomes(
  tx: Tx,
  claims: readonly Claim[],
): Promise<Map<string, Outcome<typeof ReserveStock>>> {
  const reserved = claims.filter(({ state }) => state !== "RELEASED").map(({ orderId }) => orderId);
  const rows = await reservedRows(tx, reserved);
  const lines = groupBy(rows, ({ orderId }) => orderId);
  return new Map(
    claims.map(({ orderId, state }) => [
      orderId,
      state === "RELEASED" ? refuse("fenced") : done({ lines: (lines.get(orderId) ?? []).map(withoutOrder) }),
    ]),
  );
}

function withoutOrder({ orderId: _orderId, ...line }: ReservedRow): Answer["lines"][number] {
  return line;
}
