import { CancelIssue, IssueInvoice, ReleaseStock, ReserveStock } from "@quartermaster/contracts";
import { patienceMs } from "./engine/patience";
import type { Input, Move } from "./engine/state";
import { begin, transition } from "./engine/transition";
import { type PlacingOrder, placeOrder } from "./place-order";

const id = "01890000-0000-7000-8000-000000abcdef";
const order: PlacingOrder = {
  orderId: id,
  customer: {
    id: "01890000-0000-7000-8000-000000000001",
    name: "Acme",
    documentType: null,
    documentNumber: null,
    address: null,
    email: null,
    paymentTerms: "CREDIT",
    creditLimitMinor: 100,
  },
  items: [{ productId: 7, quantity: 3 }],
  location: "MAIN",
  notes: null,
  currency: "USD",
  shippingMinor: 500,
  placedAt: "2026-01-01T00:00:00.000Z",
  placedBy: "acme",
  reserved: null,
  lines: null,
  totalMinor: null,
  invoice: null,
};
const line = {
  productId: 7,
  quantity: 3,
  sku: "W-7",
  productName: "Widget",
  unitPriceMinor: 250,
  taxCode: "STANDARD" as const,
};
const reserved = { lines: [line] };
const invoice = {
  invoiceId: id,
  number: "INV-000001",
  subtotalMinor: 1_250,
  taxMinor: 113,
  totalMinor: 1_363,
  issuedAt: "2026-01-01T00:00:01.000Z",
};
const reserveStep = 1;
const invoiceStep = 3;
const hour = 3_600_000;

const answered = (step: number, call: "do" | "undo" | "fence", answer: unknown): Input => ({
  kind: "answered",
  step,
  call,
  answer,
});
const refused = (step: number, call: "do" | "undo" | "fence", code: string): Input => ({
  kind: "refused",
  step,
  call,
  reason: { code, details: { because: code } },
});
const stop: Input = { kind: "stop", reason: { code: "placing_cancelled", details: {} } };
const due: Input = { kind: "due" };

/** The moves that a row of inputs leads to, each an hour after the other; an input that changes nothing gives undefined. */
function run(...inputs: Input[]): (Move<PlacingOrder> | undefined)[] {
  let now = 0;
  let last = begin(placeOrder, id, order, now);
  const moves: (Move<PlacingOrder> | undefined)[] = [last];
  for (const input of inputs) {
    now += input.kind === "due" ? hour : 10;
    const move = transition(placeOrder, last.state, input, now);
    if (move) last = move;
    moves.push(move);
  }
  return moves;
}

const saidBy = (move: Move<PlacingOrder> | undefined) =>
  move && {
    sends: move.sends.map(({ contract, ask }) => [contract.name, ask]),
    locals: move.locals,
    phase: move.state.phase,
  };
const lastOf = (...inputs: Input[]) => saidBy(run(...inputs).at(-1));
const forward = [answered(reserveStep, "do", reserved), answered(invoiceStep, "do", invoice)];

test("an order that starts asks for its stock under its own id, and nothing is written yet but the saga", () => {
  expect(saidBy(run()[0])).toEqual({
    phase: "FORWARD",
    locals: ["accept-order"],
    sends: [[ReserveStock.name, { orderId: id, lines: [{ productId: 7, quantity: 3 }], location: "MAIN" }]],
  });
});

test("reserved stock creates the order at the reserved prices, and asks for the invoice over them", () => {
  const move = run(answered(reserveStep, "do", reserved)).at(-1);
  const sold = { ...line, lineTotalMinor: 750 };
  expect(move?.state.data).toEqual({ ...order, items: [], lines: [sold], totalMinor: 750 });
  const { productName: description, ...rest } = sold;
  expect(saidBy(move)).toEqual({
    phase: "FORWARD",
    locals: ["create-order"],
    sends: [
      [
        IssueInvoice.name,
        { orderId: id, customer: order.customer, lines: [{ ...rest, description }], shippingMinor: 500 },
      ],
    ],
  });
});

test("an issued invoice finishes the order; after that nothing moves it", () => {
  const move = run(...forward).at(-1);
  expect(saidBy(move)).toEqual({ phase: "DONE", locals: ["finish-order"], sends: [] });
  expect(move?.state).toMatchObject({ dueAt: null, data: { invoice } });
  for (const late of [stop, due, ...forward, answered(invoiceStep, "fence", { state: "cancelled" })]) {
    expect(lastOf(...forward, late)).toBeUndefined();
  }
});

test("refused stock rejects the order with the reason, and nothing needs to be undone", () => {
  const move = run(refused(reserveStep, "do", "insufficient_stock")).at(-1);
  expect(saidBy(move)).toEqual({ phase: "UNDONE", locals: ["reject-order"], sends: [] });
  expect(move?.state.reason).toEqual({
    code: "insufficient_stock",
    details: { because: "insufficient_stock" },
  });
});

test("a refused invoice releases the stock, then rejects the order with the reason", () => {
  const refusedInvoice = [forward[0] as Input, refused(invoiceStep, "do", "credit_limit_exceeded")];
  expect(lastOf(...refusedInvoice)).toEqual({
    phase: "BACK",
    locals: [],
    sends: [[ReleaseStock.name, { orderId: id }]],
  });
  const end = run(...refusedInvoice, answered(reserveStep, "undo", { released: [] })).at(-1);
  expect(saidBy(end)).toEqual({ phase: "UNDONE", locals: ["reject-order"], sends: [] });
  expect(end?.state.reason?.code).toBe("credit_limit_exceeded");
});

test("a total beyond what an invoice can hold turns back before anything is invoiced", () => {
  const dear = answered(reserveStep, "do", { lines: [{ ...line, unitPriceMinor: 999_999_999_999 }] });
  expect(lastOf(dear)).toEqual({ phase: "BACK", locals: [], sends: [[ReleaseStock.name, { orderId: id }]] });
  expect(run(dear).at(-1)?.state.reason).toEqual({ code: "amount_too_large", details: {} });
});

test("no answer: the same message again, under the same command id, after ever longer patience", () => {
  const [first, again, more] = run(due, due);
  expect(again?.sends).toEqual(first?.sends);
  expect(more?.sends).toEqual(first?.sends);
  expect([first, again, more].map((move) => move?.state.attempts)).toEqual([1, 2, 3]);
  const patience = [1, 2, 3, 4, 50].map((attempt) => patienceMs(id, attempt));
  for (const [n, atLeast] of [2_000, 4_000, 8_000, 15_000, 15_000].entries()) {
    expect(patience[n]).toBeGreaterThanOrEqual(atLeast);
    expect(patience[n]).toBeLessThanOrEqual(atLeast * 1.25);
  }
});

test("somebody looks too early: nothing is sent", () => {
  const start = begin(placeOrder, id, order, 0);
  const early = transition(placeOrder, start.state, due, 100);
  expect(saidBy(early)).toEqual({ phase: "FORWARD", locals: [], sends: [] });
});

test("a cancelled reservation in doubt is released, which fences it; its late answer changes nothing", () => {
  expect(lastOf(stop)).toEqual({ phase: "BACK", locals: [], sends: [[ReleaseStock.name, { orderId: id }]] });
  expect(lastOf(stop, answered(reserveStep, "do", reserved))).toBeUndefined();
  expect(lastOf(stop, stop)).toBeUndefined();
});

test("a cancelled invoice in doubt is fenced, and nothing is undone before the verdict", () => {
  const fencing = [forward[0] as Input, stop];
  expect(lastOf(...fencing)).toEqual({
    phase: "FENCING",
    locals: [],
    sends: [[CancelIssue.name, { orderId: id }]],
  });
  const cancelled = answered(invoiceStep, "fence", { state: "cancelled" });
  expect(lastOf(...fencing, cancelled)).toEqual({
    phase: "BACK",
    locals: [],
    sends: [[ReleaseStock.name, { orderId: id }]],
  });
  const already = answered(invoiceStep, "fence", { state: "already-done", invoice });
  const end = run(...fencing, already).at(-1);
  expect(saidBy(end)).toEqual({ phase: "DONE", locals: ["finish-order"], sends: [] });
  expect(end?.state).toMatchObject({ reason: null, data: { invoice } });
  // The invoice's own late answer is as good as the verdict.
  expect(lastOf(...fencing, forward[1] as Input)?.phase).toBe("DONE");
});

test("a day without an answer ends in the fence, not before", () => {
  const hours = Array.from({ length: 23 }, () => due);
  expect(lastOf(forward[0] as Input, ...hours)?.phase).toBe("FORWARD");
  expect(lastOf(forward[0] as Input, ...hours, due)).toEqual({
    phase: "FENCING",
    locals: [],
    sends: [[CancelIssue.name, { orderId: id }]],
  });
});

test("a compensation is asked again for ever, and a refusal of it is no answer", () => {
  const back = [stop, refused(reserveStep, "undo", "bad_request")];
  expect(lastOf(...back)).toBeUndefined();
  expect(lastOf(...back, ...Array.from({ length: 30 }, () => due))).toEqual({
    phase: "BACK",
    locals: [],
    sends: [[ReleaseStock.name, { orderId: id }]],
  });
});

test.each(["message_too_old", "bad_request"])(
  "%s is no decision of the participant: the step stays in doubt, and is given up as one",
  (code) => {
    const release = [[ReleaseStock.name, { orderId: id }]];
    expect(lastOf(refused(reserveStep, "do", code))).toEqual({ phase: "BACK", locals: [], sends: release });
    const fencing = [forward[0] as Input, refused(invoiceStep, "do", code)];
    expect(lastOf(...fencing)).toEqual({
      phase: "FENCING",
      locals: [],
      sends: [[CancelIssue.name, { orderId: id }]],
    });
    expect(lastOf(...fencing, refused(invoiceStep, "do", code))).toBeUndefined();
    const already = answered(invoiceStep, "fence", { state: "already-done", invoice });
    expect(lastOf(...fencing, already)?.phase).toBe("DONE");
    const end = run(...fencing, answered(invoiceStep, "fence", { state: "cancelled" })).at(-1);
    expect(saidBy(end)).toEqual({ phase: "BACK", locals: [], sends: release });
    expect(end?.state.reason?.code).toBe(code);
  },
);

test("do, undo and fence of every step have command ids of their own", () => {
  const all = [...run(...forward), ...run(stop), ...run(forward[0] as Input, stop)];
  const numbers = new Set(
    all.flatMap((move) => (move?.sends ?? []).map((one) => `${one.n} ${one.step} ${one.call}`)),
  );
  expect(new Set([...numbers].map((one) => one.split(" ")[0])).size).toBe(numbers.size);
});
