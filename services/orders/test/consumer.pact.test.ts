import {
  type AskOf,
  CancelIssue,
  CreditOrder,
  GetCustomer,
  IssueInvoice,
  Order,
  ReleaseStock,
  ReserveStock,
  UserRegistered,
} from "@quartermaster/contracts";
import { startService } from "@quartermaster/messaging";
import { type Case, Consumer, casesOf, type Use } from "@quartermaster/pacts";
import { ProcessConfig } from "@quartermaster/process";
import { eventually, silentLog } from "@quartermaster/testkit";
import { placedView } from "../src/domain/order";
import { cancelOrder } from "../src/sagas/cancel-order";
import type { Saga } from "../src/sagas/engine/saga";
import type { CallKind, Input, Move } from "../src/sagas/engine/state";
import { begin, transition } from "../src/sagas/engine/transition";
import { type PlacingOrder, placeOrder } from "../src/sagas/place-order";
import { Stage } from "./stage";

/** What orders reads of each message: no more, so that anything else may change. */
const reliances = [
  { contract: ReserveStock },
  { contract: ReleaseStock, on: [] },
  { contract: IssueInvoice, on: ["invoiceId", "number", "taxMinor", "totalMinor"] },
  {
    contract: CancelIssue,
    on: ["state", ...["invoiceId", "number", "taxMinor", "totalMinor"].map((field) => `invoice.${field}`)],
  },
  { contract: CreditOrder, on: ["creditNote.number"] },
  { contract: UserRegistered, on: ["new.role", "new.customerId", "new.email", "new.username"] },
];

const consumer = new Consumer("orders");
afterAll(() => consumer.close());

test.each(casesOf(reliances))("$description", async (one) => {
  await consumer.relyOn(one, uses[one.contract.name]?.(one) ?? neverUsed);
});

test("the committed pacts of orders say the same: otherwise run `npm run pacts`", () => {
  expect(consumer.stale()).toEqual([]);
});

const neverUsed: Use = () => {
  throw new Error("this test does not show how orders uses the message");
};

/** How orders' own code uses what it is told, and that it asks as the example says. */
const uses: Record<string, (one: Case) => Use> = {
  [ReserveStock.name]: ({ example }) => {
    const ask = example.ask as AskOf<typeof ReserveStock>;
    const { orderId, lines: items, location = null } = ask;
    const run = begun(placeOrder, orderId, placing({ orderId, items, location }));
    expect(run.sent()).toEqual([[ReserveStock.name, ask]]);
    return (said) => {
      run.take("do", said);
      if (example.refusal) expect(run.end()).toEqual(["UNDONE", reasonIn(said)]);
      else expect(run.sent()).toEqual([[IssueInvoice.name, run.asked(IssueInvoice.ask)]]);
    };
  },
  [IssueInvoice.name]: ({ example }) => {
    const run = invoicing(example.ask as AskOf<typeof IssueInvoice>);
    expect(run.sent()).toEqual([[IssueInvoice.name, example.ask]]);
    return (said) => {
      run.take("do", said);
      if (!example.refusal) {
        expectPlaced(run.data());
        return;
      }
      expect(run.sent()).toEqual([[ReleaseStock.name, expect.anything()]]);
      run.take("undo", {});
      expect(run.end()).toEqual(["UNDONE", reasonIn(said)]);
    };
  },
  [CancelIssue.name]: ({ example }) => {
    const ask = example.ask as AskOf<typeof CancelIssue>;
    const run = invoicing({ ...invoiceAsk(), orderId: ask.orderId });
    run.stop();
    expect(run.sent()).toEqual([[CancelIssue.name, ask]]);
    return (said) => {
      run.take("fence", said);
      if ((said as { state: string }).state === "already-done") expectPlaced(run.data());
      else expect(run.sent()).toEqual([[ReleaseStock.name, { orderId: ask.orderId }]]);
    };
  },
  [ReleaseStock.name]: ({ example }) => {
    const run = cancelling(example.ask as AskOf<typeof ReleaseStock>);
    expect(run.sent()).toEqual([[ReleaseStock.name, example.ask]]);
    return (said) => {
      run.take("do", said);
      expect(run.sent()).toEqual([[CreditOrder.name, expect.anything()]]);
    };
  },
  [CreditOrder.name]: ({ example }) => {
    const run = cancelling(example.ask as AskOf<typeof CreditOrder>);
    run.take("do", {});
    expect(run.sent()).toEqual([[CreditOrder.name, example.ask]]);
    return (said) => {
      run.take("do", said);
      const { creditNote } = said as { creditNote: { number: string } | null };
      expect(run.end()[0]).toBe("DONE");
      expect(run.data().creditNoteNumber).toBe(creditNote?.number ?? null);
    };
  },
  [UserRegistered.name]: () => openAccountOf,
};

/** The event comes out of a real outbox, over NATS, to the running service. */
async function openAccountOf(said: unknown): Promise<void> {
  const stage = await Stage.open();
  try {
    const config = ProcessConfig.parse({
      DATABASE_URL: stage.world.databaseUrl("identity"),
      ...stage.world.natsFor("identity"),
      INSTANCE: "identity",
    });
    const identity = await startService({ service: "identity", config, log: silentLog, messages: [] });
    const body = { entityId: "user", version: 1, old: null, ...(said as object) } as never;
    const actor = { kind: "anonymous" as const, id: "anonymous" };
    const meta = { actor, requestId: null, causation: null, traceparent: null };
    await identity.inTransaction(async () => ({
      result: undefined,
      said: [{ said: UserRegistered.of(body), meta }],
    }));
    const { customerId, username, email } = (said as { new: Record<string, string> }).new;
    const found = await eventually(
      async () => {
        const answered = await stage.ask(GetCustomer, { id: String(customerId) });
        return "answer" in answered && answered.answer;
      },
      { withinMs: 10_000 },
    );
    expect([found.name, found.email]).toEqual([username, email]);
    await identity.stop();
  } finally {
    await stage.close();
  }
}

/** A saga under way, fed with what others say. */
function begun<Data>(saga: Saga<Data>, id: string, data: Data) {
  let move: Move<Data> = begin(saga, id, data, 0);
  const put = (input: Input) => {
    const next = transition(saga, move.state, input, 10);
    if (!next) throw new Error("the saga takes no notice of it");
    move = next;
  };
  return {
    sent: () => move.sends.map(({ contract, ask }) => [contract.name, ask]),
    asked: (schema: { parse(ask: unknown): unknown }) => schema.parse(move.sends[0]?.ask),
    data: () => move.state.data,
    end: () => [move.state.phase, move.state.reason],
    stop: () => put({ kind: "stop", reason: { code: "placing_cancelled", details: {} } }),
    take: (call: CallKind, said: unknown) => {
      const { step } = move.state;
      const reason = reasonIn(said);
      put(reason ? { kind: "refused", step, call, reason } : { kind: "answered", step, call, answer: said });
    },
  };
}

function reasonIn(said: unknown) {
  const { code, details } = said as { code?: string; details?: Record<string, unknown> };
  return code === undefined ? undefined : { code, details: details ?? {} };
}

function invoiceAsk(): AskOf<typeof IssueInvoice> {
  return casesOf([{ contract: IssueInvoice }])[0]?.example.ask as AskOf<typeof IssueInvoice>;
}

function placing(parts: Partial<PlacingOrder>): PlacingOrder {
  return {
    orderId: "",
    customer: invoiceAsk().customer,
    items: [],
    location: null,
    notes: null,
    currency: "USD",
    shippingMinor: 0,
    placedAt: "2026-03-01T09:00:00.000Z",
    placedBy: "ben@bookshop.example",
    reserved: null,
    lines: null,
    totalMinor: null,
    invoice: null,
    ...parts,
  };
}

/** A placing saga that has its stock and asks for this invoice. */
function invoicing({ orderId, customer, lines, shippingMinor }: AskOf<typeof IssueInvoice>) {
  const items = lines.map(({ productId, quantity }) => ({ productId: Number(productId), quantity }));
  const run = begun(placeOrder, orderId, placing({ orderId, customer, items, shippingMinor }));
  run.take("do", { lines: lines.map(({ description, ...line }) => ({ ...line, productName: description })) });
  return run;
}

function cancelling({ orderId, reason }: { orderId: string; reason?: string | undefined }) {
  const data = { orderId, reason: reason ?? null, cancelledBy: "ben", creditNoteNumber: null };
  return begun(cancelOrder, orderId, data);
}

/** The buyer gets a whole order: nothing that its contract promises is missing. */
function expectPlaced(order: PlacingOrder): void {
  const placed = placedView(order, "2026-03-01T09:00:01.000Z");
  expect(Order.parse(placed)).toMatchObject({
    status: "PENDING",
    invoiceId: expect.any(String),
    invoiceNumber: expect.any(String),
    taxAmountMinor: expect.any(Number),
    grandTotalMinor: expect.any(Number),
  });
}
