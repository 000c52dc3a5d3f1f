import { CancelIssue, IssueInvoice, ReleaseStock } from "@quartermaster/contracts";
import { ask, call, type Saga, saga } from "../../src/sagas/engine/saga";
import { type PlacingOrder, placeOrder } from "../../src/sagas/place-order";
import { explore } from "./explore";
import { asBuilt, type Build } from "./model";

const ends = [
  "CANCELLED: nothing held, 1 invoice, 1 credit note",
  "PENDING: stock held, 1 invoice, 0 credit note",
  "REJECTED: nothing held, 0 invoice, 0 credit note",
];

test("whatever is lost, late, repeated, reordered or crashes: placed with one invoice, or rejected with nothing, or cancelled and credited", () => {
  const found = explore(asBuilt);
  process.stdout.write(
    `saga exploration: ${found.worlds} worlds, ${found.steps} steps, ends ${JSON.stringify(found.ends)}\n`,
  );
  expect(found.wrong).toBeNull();
  expect(found.deadEnds).toBe(0);
  expect(Object.keys(found.ends).sort()).toEqual(ends);
  // Not vacuous: the counts of today, which may only grow with the saga. They are small because what was sent stays in
  // the network for good, so that one world stands for every loss, repetition and delay of the same messages.
  expect(found.worlds).toBeGreaterThanOrEqual(200);
  expect(found.steps).toBeGreaterThanOrEqual(900);
});

test("an orchestrator that was paused and wakes up later writes nothing stale", () => {
  const found = explore(asBuilt, { pausing: true });
  process.stdout.write(`with a paused orchestrator: ${found.worlds} worlds, ${found.steps} steps\n`);
  expect([found.wrong, found.deadEnds]).toEqual([null, 0]);
  expect(Object.keys(found.ends).sort()).toEqual(ends);
});

/**
 * The invoice as a step like any other, given up without a fence: what "compensating while in doubt" is. `saga` itself
 * refuses such a table, so it is put together by hand.
 */
const hasty: Saga<PlacingOrder> = {
  ...placeOrder,
  steps: placeOrder.steps.map((step) =>
    step.kind === "pivot"
      ? {
          ...ask<PlacingOrder, typeof IssueInvoice>(IssueInvoice, { do: step.call.ask as never }),
          keep: step.keep,
          undo: call(ReleaseStock, (order: PlacingOrder) => ({ orderId: order.orderId })),
        }
      : step,
  ),
};

test("a table that could not be undone, or that undoes behind the pivot, is no saga", () => {
  const issue = ask<PlacingOrder, typeof IssueInvoice>(IssueInvoice, { do: () => ({}) as never });
  const pivot = placeOrder.steps.find((step) => step.kind === "pivot") as (typeof placeOrder.steps)[number];
  expect(() => saga("x", [issue, pivot])).toThrow("before the pivot, without an undo");
  expect(() => saga("x", [pivot, pivot])).toThrow("2 pivots");
  expect(() => saga("x", hasty.steps)).toThrow("cannot be undone behind the pivot");
});

const bugs: [string, Partial<Build>, string][] = [
  ["a release without a tombstone", { tombstone: false }, "a REJECTED order with an invoice or with stock"],
  [
    "a fence that does not remember",
    { fenceRemembers: false },
    "a REJECTED order with an invoice or with stock",
  ],
  ["no inbox at the participants", { inbox: false }, "a REJECTED order with an invoice or with stock"],
  [
    "compensating while the invoice is in doubt",
    { placing: hasty },
    "a REJECTED order with an invoice or with stock",
  ],
  ["sending before the commit", { commitFirst: false }, "a PENDING order without its stock"],
  ["writing without compare-and-set", { compareAndSet: false }, ""],
];

test.each(bugs)("the exploration catches a planted bug: %s", (_name, bug, what) => {
  const found = explore({ ...asBuilt, ...bug }, { pausing: bug.compareAndSet === false });
  expect(found.wrong?.what).toBeDefined();
  if (what) expect(found.wrong?.what).toBe(what);
  expect(found.wrong?.way.length).toBeGreaterThan(3);
});

test("the fence is what the way of the in-doubt invoice hangs on", () => {
  expect(placeOrder.steps.find((step) => step.kind === "pivot")).toMatchObject({
    fence: { contract: CancelIssue },
  });
});
