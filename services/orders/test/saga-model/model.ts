import { CancelIssue, CreditOrder, IssueInvoice, ReleaseStock, ReserveStock } from "@quartermaster/contracts";
import { type CancellingOrder, cancelOrder } from "../../src/sagas/cancel-order";
import type { Saga } from "../../src/sagas/engine/saga";
import { hasEnded, type Input, type Move, type SagaState, type Sending } from "../../src/sagas/engine/state";
import { begin, transition } from "../../src/sagas/engine/transition";
import { type PlacingOrder, placeOrder } from "../../src/sagas/place-order";

/** What is built in the right way; a planted bug switches one of them. */
export interface Build {
  /** A release leaves a tombstone that refuses a late reservation. */
  readonly tombstone: boolean;
  /** After CancelIssue a late IssueInvoice is refused. */
  readonly fenceRemembers: boolean;
  /** A participant answers a repeated command id with its first reply. */
  readonly inbox: boolean;
  /** A move of a state that was moved meanwhile is not written. */
  readonly compareAndSet: boolean;
  /** Messages are sent after the commit; else a crash between them leaves a message that no state knows of. */
  readonly commitFirst: boolean;
  readonly placing: Saga<PlacingOrder>;
}

export const asBuilt: Build = {
  tombstone: true,
  fenceRemembers: true,
  inbox: true,
  compareAndSet: true,
  commitFirst: true,
  placing: placeOrder,
};

type SagaName = "place" | "cancel";
type Reply = { answer: unknown } | { refusal: string };

/** Everything there is: two sagas, the network, two participants, the order, and a paused orchestrator. */
export interface World {
  readonly place: SagaState<PlacingOrder>;
  readonly cancel: SagaState<CancellingOrder> | null;
  /** The buyer wants it cancelled: told to the placing, or to be done by the cancel saga. */
  readonly cancelAsked: boolean;
  /** Once sent, a message may arrive at any time, any number of times, or never: it stays. The same holds for replies. */
  readonly net: readonly string[];
  readonly replies: Readonly<Record<string, Reply>>;
  readonly held: boolean;
  readonly tombstone: boolean;
  readonly invoices: number;
  readonly fenced: boolean;
  readonly credits: number;
  readonly order: "none" | "PLACING" | "PENDING" | "REJECTED" | "CANCELLED";
  readonly said: readonly string[];
  /** What an orchestrator remembers that was paused before it could write; `stale` once the saga has moved without it. */
  readonly paused: { readonly state: SagaState<PlacingOrder>; readonly stale: boolean } | null;
}

const order: PlacingOrder = {
  orderId: "order",
  customer: {
    id: "customer",
    name: "Acme",
    documentType: null,
    documentNumber: null,
    address: null,
    email: null,
    paymentTerms: "CASH",
    creditLimitMinor: 0,
  },
  items: [{ productId: 1, quantity: 1 }],
  location: null,
  notes: null,
  currency: "USD",
  shippingMinor: 0,
  placedAt: "2026-01-01T00:00:00.000Z",
  placedBy: "acme",
  reserved: null,
  lines: null,
  totalMinor: null,
  invoice: null,
};
const sagaIds = {
  place: "00000000-0000-7000-8000-00000000000a",
  cancel: "00000000-0000-7000-8000-00000000000b",
};
const day = 86_400_000;

/** The worlds in which an order can begin: its first message is out, or was lost in a crash right after the commit. */
export function beginnings(build: Build): World[] {
  const empty: World = {
    place: undefined as unknown as World["place"],
    cancel: null,
    cancelAsked: false,
    net: [],
    replies: {},
    held: false,
    tombstone: false,
    invoices: 0,
    fenced: false,
    credits: 0,
    order: "none",
    said: [],
    paused: null,
  };
  return written(
    { ...build, commitFirst: true },
    empty,
    "place",
    begin(build.placing, sagaIds.place, order, 0),
  );
}

export interface Step {
  readonly what: string;
  readonly to: World;
}

/** All that can happen next, in any order: this is what the exploration branches over. */
export function steps(build: Build, world: World, pausing = false): Step[] {
  const next: Step[] = [];
  for (const message of world.net) {
    for (const to of delivered(build, world, message)) next.push({ what: `deliver ${message}`, to });
    const reply = world.replies[message];
    if (!reply) continue;
    for (const to of heard(build, world, message, reply)) next.push({ what: `hear ${message}`, to });
    if (world.paused) {
      for (const to of heardByPaused(build, world, message, reply))
        next.push({ what: `wake up and hear ${message}`, to });
    }
  }
  for (const to of moved(build, world, "place", { kind: "due" }, world.place.sentAt + 3_600_000)) {
    next.push({ what: "look again at place", to });
  }
  for (const to of moved(build, world, "place", { kind: "due" }, world.place.since + day)) {
    next.push({ what: "deadline of place", to });
  }
  for (const to of moved(build, world, "cancel", { kind: "due" }, day))
    next.push({ what: "look again at cancel", to });
  for (const to of cancelled(build, world)) next.push({ what: "cancel", to });
  if (pausing && !world.paused && !hasEnded(world.place.phase)) {
    next.push({ what: "pause", to: { ...world, paused: { state: world.place, stale: false } } });
  }
  return next;
}

/** Nothing more will be asked: both sagas are at their end. */
export function hasCome(world: World): boolean {
  const cancelDone =
    world.cancel === null
      ? !world.cancelAsked || world.place.phase === "UNDONE"
      : hasEnded(world.cancel.phase);
  return hasEnded(world.place.phase) && cancelDone;
}

/** What is wrong with a world, or undefined. */
export function wrongWith(world: World): string | undefined {
  const { order, held, invoices, credits, said, place, cancel } = world;
  if (invoices > 1) return "two invoices for one order";
  if (credits > invoices) return "a credit note without an invoice";
  if (order === "REJECTED" && (invoices > 0 || held)) return "a REJECTED order with an invoice or with stock";
  if (order === "PENDING" && invoices !== 1) return "a PENDING order without its invoice";
  if (order === "PENDING" && cancel === null && !held) return "a PENDING order without its stock";
  if (order === "CANCELLED" && (held || credits !== 1))
    return "a CANCELLED order with stock or without its credit note";
  if (place.phase === "DONE" && order !== "PENDING" && order !== "CANCELLED")
    return `placed, and the order is ${order}`;
  if (place.phase === "UNDONE" && order !== "REJECTED") return `undone, and the order is ${order}`;
  const expected = { none: 0, PLACING: 0, PENDING: 1, REJECTED: 1, CANCELLED: 2 }[order];
  if (said.length !== expected) return `an order ${order} of which was said: ${said.join(", ")}`;
  return undefined;
}

function delivered(build: Build, world: World, message: string): World[] {
  if (world.replies[message] && build.inbox) return [];
  const { contract } = messageOf(message);
  const answer = (changes: Partial<World>, reply: Reply): World => ({
    ...world,
    ...changes,
    replies: { ...world.replies, [message]: reply },
  });
  switch (contract) {
    case ReserveStock.name:
      if (world.tombstone && build.tombstone) return [answer({}, { refusal: "fenced" })];
      return [
        answer({ held: true }, { answer: { lines: [reservedLine] } }),
        // Carried out, forgotten, and asked again: what is refused then was done.
        answer({ held: true }, { refusal: "message_too_old" }),
        answer({}, { refusal: "insufficient_stock" }),
      ];
    case ReleaseStock.name:
      return [answer({ held: false, tombstone: true }, { answer: { released: [] } })];
    case IssueInvoice.name:
      if (world.fenced && build.fenceRemembers) return [answer({}, { refusal: "fenced" })];
      return [
        answer({ invoices: world.invoices + 1 }, { answer: invoice }),
        answer({ invoices: world.invoices + 1 }, { refusal: "message_too_old" }),
        answer({}, { refusal: "credit_limit_exceeded" }),
      ];
    case CancelIssue.name:
      if (world.invoices > 0) return [answer({}, { answer: { state: "already-done", invoice } })];
      return [answer({ fenced: true }, { answer: { state: "cancelled" } })];
    case CreditOrder.name:
      return [answer({ credits: world.credits + 1 }, { answer: { creditNote: { number: "CN-000001" } } })];
    default:
      throw new Error(`nobody hears ${contract}`);
  }
}

const reservedLine = {
  productId: 1,
  quantity: 1,
  sku: "W",
  productName: "Widget",
  unitPriceMinor: 100,
  taxCode: "STANDARD",
};
const invoice = {
  invoiceId: "invoice",
  number: "INV-000001",
  subtotalMinor: 100,
  taxMinor: 9,
  totalMinor: 109,
  issuedAt: "2026-01-01T00:00:00.000Z",
};

function heard(build: Build, world: World, message: string, reply: Reply): World[] {
  const { saga } = messageOf(message);
  return moved(build, world, saga, inputOf(message, reply), 0);
}

/** The paused one goes on from what it remembers. A miss of the compare-and-set makes it read the saga again. */
function heardByPaused(build: Build, world: World, message: string, reply: Reply): World[] {
  const { paused } = world;
  if (!paused || messageOf(message).saga !== "place") return [];
  const awake = { ...world, paused: null };
  if (build.compareAndSet && paused.stale) return heard(build, awake, message, reply);
  const move = transition(build.placing, paused.state, inputOf(message, reply), 0);
  return move ? written(build, awake, "place", move) : [];
}

function inputOf(message: string, reply: Reply): Input {
  const { step, call } = messageOf(message);
  if ("answer" in reply) return { kind: "answered", step, call, answer: reply.answer };
  return { kind: "refused", step, call, reason: { code: reply.refusal, details: {} } };
}

function cancelled(build: Build, world: World): World[] {
  if (world.cancelAsked) return [];
  const asked = { ...world, cancelAsked: true };
  if (hasEnded(world.place.phase)) return world.order === "PENDING" ? beginCancel(build, asked) : [];
  const stopped = moved(
    build,
    asked,
    "place",
    { kind: "stop", reason: { code: "placing_cancelled", details: {} } },
    0,
  );
  return stopped.length > 0 ? stopped : [asked];
}

function beginCancel(build: Build, world: World): World[] {
  const data: CancellingOrder = {
    orderId: "order",
    reason: null,
    cancelledBy: "acme",
    creditNoteNumber: null,
  };
  return written(build, world, "cancel", begin(cancelOrder, sagaIds.cancel, data, 0));
}

function moved(build: Build, world: World, saga: SagaName, input: Input, now: number): World[] {
  const state = world[saga];
  if (!state) return [];
  const move =
    saga === "place"
      ? transition(build.placing, state as World["place"], input, now)
      : transition(cancelOrder, state as NonNullable<World["cancel"]>, input, now);
  return move ? written(build, world, saga, move) : [];
}

/** The transaction of a move, and then the crash that loses its messages, or none. */
function written(build: Build, world: World, saga: SagaName, move: Move<unknown>): World[] {
  const sent = withMessages(world, saga, move.sends);
  // Sent first, and then the crash: the message is out, and no state knows of it.
  const early = build.commitFirst || move.sends.length === 0 ? [] : [sent];
  const committed = move.locals.reduce<World>(local, {
    ...world,
    [saga]: timeless(move.state),
    paused: world.paused && saga === "place" ? { ...world.paused, stale: true } : world.paused,
  });
  if (saga === "place" && move.state.phase === "DONE" && world.cancelAsked)
    return beginCancel(build, committed);
  if (move.sends.length === 0) return [committed];
  return [withMessages(committed, saga, move.sends), committed, ...early];
}

function local(world: World, name: string): World {
  const say = (status: World["order"], what: string): World => ({
    ...world,
    order: status,
    said: [...world.said, what],
  });
  if (name === "create-order") return { ...world, order: "PLACING" };
  if (name === "finish-order") return say("PENDING", "placed");
  if (name === "reject-order") return say("REJECTED", "rejected");
  if (name === "cancel-order") return say("CANCELLED", "cancelled");
  return world;
}

// Times, attempts and versions only grow; without them the worlds are finite. What they decide is a branch of its own
// here: the deadline, the message sent again, the paused orchestrator.
function timeless<Data>(state: SagaState<Data>): SagaState<Data> {
  return { ...state, version: 0, attempts: 1, since: 0, sentAt: 0, dueAt: state.dueAt === null ? null : 0 };
}

function withMessages(world: World, saga: SagaName, sends: readonly Sending[]): World {
  const messages = sends.map(({ step, call, contract }) => [saga, step, call, contract.name].join(" "));
  return { ...world, net: [...new Set([...world.net, ...messages])].sort() };
}

function messageOf(message: string) {
  const [saga, step, call, contract] = message.split(" ");
  return {
    saga: saga as SagaName,
    step: Number(step),
    call: call as Sending["call"],
    contract: contract as string,
  };
}
