import type { Summary } from "./report";
import { atLeast, atMost, verdictsOf, verdictTable } from "./verdicts";

const summary = (target: Summary["target"], shape: Summary["shape"], more: Partial<Summary>): Summary => ({
  target,
  shape,
  ordersPerSecond: 1_000,
  p50Ms: 10,
  p99Ms: 100,
  settleMs: 400,
  ...more,
});

test("what is shown is what counts: a ratio that rounds to the bound reaches it, one below does not", () => {
  expect(atLeast(2, { claim: "c", value: 1.996 })).toEqual({
    claim: "c",
    wanted: "at least 2.00",
    measured: "2.00",
    reached: true,
  });
  expect(atLeast(2, { claim: "c", value: 1.994 }).reached).toBe(false);
  expect(atMost(700, { claim: "c", value: 700.6, decimals: 0, unit: "MB" })).toEqual({
    claim: "c",
    wanted: "at most 700 MB",
    measured: "701 MB",
    reached: false,
  });
});

test("what was not measured is neither reached nor missed", () => {
  const verdicts = verdictsOf({ summaries: [], reads: [], memory: undefined });
  expect(verdicts.map(({ measured, reached }) => [measured, reached])).toEqual(
    verdicts.map(() => ["not measured", undefined]),
  );
  expect(atLeast(1, { claim: "c", value: Number.NaN }).reached).toBeUndefined();
});

test("each target is compared with whom it names", () => {
  const summaries = [
    summary("quartermaster", "spread", { ordersPerSecond: 1_500, p99Ms: 120, settleMs: 900 }),
    summary("monolith", "spread", { ordersPerSecond: 700 }),
    summary("pgbench", "spread", { ordersPerSecond: 3_000 }),
    summary("quartermaster", "hot", { ordersPerSecond: 1_600, settleMs: 5_200 }),
    summary("monolith", "hot", { ordersPerSecond: 400 }),
    summary("quartermaster", "single", { p50Ms: 9 }),
    summary("monolith", "single", { p50Ms: 3 }),
  ];
  const figures = { requestsPerSecond: 1, p50Ms: 1, p99Ms: 1 };
  const reads = [{ endpoint: "GET /orders", quartermaster: figures, bare: figures, ratio: 0.8 }];
  const verdicts = verdictsOf({ summaries, reads, memory: { gateway: 120, orders: 90.4 } });
  expect(verdicts.map(({ measured, reached }) => `${measured} ${reached}`)).toEqual([
    "2.14 true",
    "0.50 false",
    "1.20 false",
    "4.00 true",
    "3.00 false",
    "0.80 true",
    "5.2 s false",
    "210 MB true",
  ]);
  expect(verdictTable(verdicts).match(/NOT REACHED/g)).toHaveLength(4);
});
