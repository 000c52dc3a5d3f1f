import { doubtsAbout } from "./doubts";
import type { Measurement } from "./report";

const good: Measurement = {
  target: "quartermaster",
  shape: "spread",
  round: 1,
  orders: 1_000,
  others: {},
  errors: 0,
  seconds: 3,
  p50Ms: 40,
  p99Ms: 90,
  ordersPerSecond: 333,
  settleMs: 200,
};
const counted = { newOrders: 1_010, cutOffMax: 64 };

test("a good load leaves no doubt", () => {
  expect(doubtsAbout(good, counted)).toEqual([]);
});

test("what the end of a load cuts off is no doubt, and may have placed its order", () => {
  expect(doubtsAbout({ ...good, errors: 64 }, { ...counted, newOrders: 1_064 })).toEqual([]);
});

test.each([
  ["no orders", { ...good, orders: 0 }, { ...counted, newOrders: 0 }, /no order/],
  ["a single failure", { ...good, others: { 500: 1 } }, counted, /^1 x 500/],
  ["more cut off than there are connections", { ...good, errors: 65 }, counted, /65 requests had no answer/],
  ["an answer without a row", good, { ...counted, newOrders: 999 }, /999 new orders/],
  ["rows without an answer", good, { ...counted, newOrders: 1_065 }, /1065 new orders/],
  ["an audit that lags", { ...good, settleMs: 5_001 }, counted, /5\.0 s after the load/],
])("%s: the figures do not count", (_, measured, count, sentence) => {
  expect(doubtsAbout(measured, count)).toEqual([expect.stringMatching(sentence)]);
});
