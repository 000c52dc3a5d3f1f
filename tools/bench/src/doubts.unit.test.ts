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
const counted = { newOrders: 1_010, connections: 64, cutOffMax: 64 };

test("a good load leaves no doubt", () => {
  expect(doubtsAbout(good, counted)).toEqual([]);
});

test.each([
  ["no orders", { ...good, orders: 0 }, { ...counted, newOrders: 0 }, /no order/],
  ["many refusals", { ...good, others: { 503: 60 }, errors: 5 }, counted, /65 requests failed/],
  ["an answer without a row", good, { ...counted, newOrders: 999 }, /999 new orders/],
  ["rows without an answer", good, { ...counted, newOrders: 1_065 }, /1065 new orders/],
  ["an audit that lags", { ...good, settleMs: 5_001 }, counted, /5\.0 s after the load/],
])("%s: the figures do not count", (_, measured, count, sentence) => {
  expect(doubtsAbout(measured, count)).toEqual([expect.stringMatching(sentence)]);
});
