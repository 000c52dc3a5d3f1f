import { ConsumeStock, StockConsumed } from "@quartermaster/contracts";
import { type Command, done, handle, newId, type Outcome, refuse, type Tx } from "@quartermaster/messaging";
import { groupBy } from "../domain/group-by";
import { nameOf } from "../domain/name-of";
import type { Piece } from "../domain/piece";
import {
  type Exit,
  type HeldLine,
  planShipment,
  type Shipment,
  type Store,
  shippedLines,
} from "../domain/plan-shipments";
import { openBatches } from "../store/batches";
import { changeLevels, lockLevels } from "../store/levels";
import { type DrawingRow, issueStock, shippedBefore } from "../store/movements";
import { consumeLines, heldLines, lockReservations, type Reservation } from "../store/reservations";

type Consume = Command<typeof ConsumeStock>;
type Shipped = Extract<Shipment, { kind: "shipped" }>;
interface Done {
  command: Consume;
  shipment: Shipped;
}

/** Turns held stock into EXIT movements. One shipment takes out once, however often it is asked for. */
export const consumeStock = handle(ConsumeStock, async (tx, commands) => {
  const orderIds = [...new Set(commands.map(({ ask }) => ask.orderId.toLowerCase()))];
  const orders = await lockReservations(tx, orderIds);
  const before = groupBy(
    await shippedBefore(
      tx,
      commands.map(({ ask }) => ask.shipmentId),
    ),
    ({ shipmentId }) => shipmentId,
  );
  const lines = await heldLines(tx, [...orders.keys()]);
  await lockLevels(tx, [...new Set(lines.map(({ productId }) => productId))]);
  const plan: Plan = {
    orders,
    held: groupBy(lines, ({ orderId }) => orderId),
    stores: await openBatches(tx, lines),
    shipments: new Map([...before].map(([id, exits]) => [id, { lines: shippedLines(exits) }])),
    done: [],
  };
  const outcomes = commands.map((command) => decide(plan, command));
  await writeShipments(tx, plan);
  return outcomes;
});

/** What the batch knows, and lowers as it decides one command after the other. */
interface Plan {
  orders: Map<string, Reservation>;
  held: ReadonlyMap<string, HeldLine[]>;
  stores: ReadonlyMap<string, Store>;
  /** Answers of shipments that have been made. */
  shipments: Map<string, { lines: ReturnType<typeof shippedLines> }>;
  done: Done[];
}

function decide(plan: Plan, command: Consume): Outcome<typeof ConsumeStock> {
  const { ask } = command;
  const shipmentId = ask.shipmentId.toLowerCase();
  const known = plan.shipments.get(shipmentId);
  if (known) return done(known);
  const order = plan.orders.get(ask.orderId.toLowerCase());
  if (!order) return refuse("not_found");
  if (order.state === "RELEASED") return refuse("fenced");
  const held = plan.held.get(order.orderId) ?? [];
  const heldBefore = piecesOf(held);
  const shipment = planShipment(held, plan.stores, ask);
  if (shipment.kind !== "shipped") return refuse(shipment.kind, { lines: shipment.lines });
  const answer = { lines: shippedLines(shipment.exits) };
  if (shipment.exits.length === 0) return done(answer);
  order.version += 1;
  if (held.every(({ quantity }) => quantity === 0)) order.state = "CONSUMED";
  plan.shipments.set(shipmentId, answer);
  plan.done.push({ command, shipment });
  return done(
    answer,
    StockConsumed.of({
      entityId: order.orderId,
      version: order.version,
      old: { lines: heldBefore },
      new: { orderId: order.orderId, shipmentId, lines: piecesOf(shipment.exits) },
    }),
  );
}

async function writeShipments(tx: Tx, plan: Plan): Promise<void> {
  if (plan.done.length === 0) return;
  const exits = plan.done.flatMap(({ shipment }) => shipment.exits);
  changeLevels(
    tx,
    exits.map(({ productId, locationId, quantity }) => ({
      productId,
      locationId,
      onHand: -quantity,
      reserved: -quantity,
    })),
  );
  await issueStock(
    tx,
    plan.done.flatMap(({ command, shipment }) => shipment.exits.map((exit) => movementOf(command, exit))),
  );
  const shippedOrders = new Set(plan.done.map(({ command }) => command.ask.orderId.toLowerCase()));
  consumeLines(
    tx,
    plan.done.flatMap(({ shipment }) => shipment.consumed),
    [...plan.orders.values()].filter(({ orderId }) => shippedOrders.has(orderId)),
  );
}

function movementOf({ ask, meta }: Consume, exit: Exit): DrawingRow {
  return {
    id: newId(),
    type: "EXIT",
    reason: "sale",
    productId: exit.productId,
    locationId: exit.locationId,
    quantity: -exit.quantity,
    unitPriceMinor: null,
    totalPriceMinor: null,
    unitCostE4: exit.unitCostE4,
    totalCostE4: exit.totalCostE4,
    supplierId: null,
    customerId: ask.customerId ?? null,
    referenceType: "order",
    referenceId: ask.orderId.toLowerCase(),
    shipmentId: ask.shipmentId,
    notes: null,
    by: nameOf(meta.actor),
    draws: exit.draws,
  };
}

function piecesOf(lines: readonly Piece[]): Piece[] {
  return lines
    .filter(({ quantity }) => quantity > 0)
    .map(({ productId, locationId, quantity }) => ({ productId, locationId, quantity }));
}
