import { CancelOrder } from "@quartermaster/contracts";
import {
  accepted,
  type Command,
  done,
  Fault,
  handle,
  type Outcome,
  type Refused,
  refuse,
  type Tx,
} from "@quartermaster/messaging";
import { judge } from "../domain/status";
import { isStaff, nameOf, ownOnly } from "../domain/who";
import type { Happening } from "../runner/advance";
import type { Beginning } from "../runner/play";
import type { SagaRunner } from "../runner/runner";
import type { CancellingOrder } from "../sagas/cancel-order";
import { hasEnded } from "../sagas/engine/state";
import { type PlacingOrder, placingCancelled } from "../sagas/place-order";
import type { FoundOrder } from "../store/order-rows";
import { findOrders, lockOrders } from "../store/orders";
import { lockSagas, type SagaRow, type Waiting } from "../store/sagas";

type Cancelling = Command<typeof CancelOrder>;

/**
 * Commands that may wait for the end of one saga. Each is kept in the saga's row, which is written again with every
 * move: without a bound, whoever cancels again and again under new ids makes it grow for as long as the saga takes.
 */
const waitingMax = 50;

/** All that a decision depends on, locked: sagas first, then orders, as everywhere. */
interface Scene {
  readonly sagas: ReadonlyMap<string, SagaRow>;
  readonly orders: ReadonlyMap<string, FoundOrder>;
}

interface Plan {
  readonly outcomes: Outcome<typeof CancelOrder>[];
  readonly happenings: Happening[];
  readonly begins: Beginning[];
}

/** Starts the cancel saga; of an order that is being placed, stops the placing. Answered by the saga's end. */
export function cancelOrder(runner: SagaRunner) {
  return handle(CancelOrder, async (tx, commands) => {
    const plan = planOf(commands, await lockScene(tx, commands));
    await runner.advance(tx, plan.happenings);
    await runner.begin(tx, plan.begins);
    return plan.outcomes;
  });
}

async function lockScene(tx: Tx, commands: readonly Cancelling[]): Promise<Scene> {
  const ids = [...new Set(commands.map((command) => command.ask.id))];
  const before = await findOrders(tx, ids);
  const cancelling = [...before.values()].flatMap((one) => one.cancellingId ?? []);
  const sagas = await lockSagas(tx, [...ids, ...cancelling]);
  const orders = await lockOrders(tx, ids);
  for (const { cancellingId } of orders.values()) {
    if (cancellingId && !sagas.has(cancellingId))
      throw new Fault("busy", "an order began to be cancelled meanwhile");
  }
  return { sagas, orders };
}

function planOf(commands: readonly Cancelling[], scene: Scene): Plan {
  const plan: Plan = { outcomes: [], happenings: [], begins: [] };
  for (const command of commands) plan.outcomes.push(decide(command, scene, plan));
  return plan;
}

function decide(command: Cancelling, scene: Scene, plan: Plan): Outcome<typeof CancelOrder> {
  const { ask, meta } = command;
  const placing = placingOf(scene, ask.id);
  const found = scene.orders.get(ask.id);
  const customerId = found?.order.customerId ?? placing?.state.data?.customer.id;
  if (!customerId) return refuse("not_found");
  const own = ownOnly(meta.actor);
  if (own !== null && own !== customerId) return refuse("forbidden");
  if (placing && !hasEnded(placing.state.phase)) return joinPlacing(command, placing, plan);
  return found ? cancelPlaced(command, found, scene, plan) : refuse("not_found");
}

/** The saga that places this order. An id may also name a saga that cancels one: that is no order. */
function placingOf({ sagas }: Scene, id: string): SagaRow<PlacingOrder> | undefined {
  const row = sagas.get(id);
  return row?.name === "place-order" ? (row as SagaRow<PlacingOrder>) : undefined;
}

function joinPlacing(command: Cancelling, row: SagaRow, plan: Plan): Outcome<typeof CancelOrder> {
  const reason = { code: placingCancelled, details: {} };
  return join(command, { row, input: { kind: "stop", reason }, joins: waitingOf(command) }, plan);
}

function join(command: Cancelling, happening: Happening, plan: Plan): Outcome<typeof CancelOrder> {
  const joining = plan.happenings.filter(({ row }) => row.state.id === happening.row.state.id).length;
  if (happening.row.waiting.length + joining >= waitingMax) return tooManyWait(command);
  plan.happenings.push(happening);
  return accepted();
}

function tooManyWait({ ask }: Cancelling): Refused<"transition_not_allowed"> {
  const hint =
    "The order is being cancelled already, and as many wait for it as may; read it to see its end.";
  return refuse("transition_not_allowed", { id: ask.id, act: "cancel", waitingMax, hint });
}

function cancelPlaced(
  command: Cancelling,
  { order, cancellingId }: FoundOrder,
  scene: Scene,
  plan: Plan,
): Outcome<typeof CancelOrder> {
  const { id, ask, meta } = command;
  const verdict = judge("cancel", order.status);
  if (verdict.kind === "already" || order.rejection?.code === placingCancelled) return done(order);
  const begun = plan.begins.find((one) => one.orderId === order.id);
  if (begun) {
    if ((begun.waiting?.length ?? 0) >= waitingMax) return tooManyWait(command);
    plan.begins[plan.begins.indexOf(begun)] = {
      ...begun,
      waiting: [...(begun.waiting ?? []), waitingOf(command)],
    };
    return accepted();
  }
  const saga = cancellingId ? scene.sagas.get(cancellingId) : undefined;
  if (saga) {
    const input: Happening["input"] = { kind: "stop", reason: { code: "cancelling", details: {} } };
    return join(command, { row: saga, input, joins: waitingOf(command) }, plan);
  }
  // A customer takes back what nobody has worked on yet; a confirmed order is the staff's to cancel.
  const mayCancel = isStaff(meta.actor) || order.status === "PENDING";
  if (verdict.kind === "not-allowed" || !mayCancel) {
    return refuse("transition_not_allowed", { status: order.status, act: "cancel" });
  }
  const cancelledBy = nameOf(meta.actor);
  const data: CancellingOrder = {
    orderId: order.id,
    reason: ask.reason ?? null,
    cancelledBy,
    creditNoteNumber: null,
  };
  plan.begins.push({ saga: "cancel-order", id, orderId: order.id, data, meta });
  return accepted();
}

function waitingOf({ id, meta, ask }: Cancelling): Waiting {
  return { id, meta, reason: ask.reason ?? null };
}
