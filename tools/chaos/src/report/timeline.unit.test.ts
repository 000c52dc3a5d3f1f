import { percentile, timelineOf } from "./timeline";

test("the nearest rank is one of the values", () => {
  const hundred = Array.from({ length: 100 }, (_, n) => n + 1);
  expect(percentile(hundred, 50)).toBe(50);
  expect(percentile(hundred, 99)).toBe(99);
  expect(percentile([5], 99)).toBe(5);
  expect(percentile([], 50)).toBeNull();
});

test("requests stand in the second in which they ended, and a second without any is there too", () => {
  const samples = [
    { at: 1_100, ms: 20, answered: true },
    { at: 1_900, ms: 40, answered: true },
    { at: 3_500, ms: 900, answered: false },
  ];
  expect(timelineOf(samples, 1_000)).toEqual([
    { second: 0, answered: 2, unanswered: 0, p50Ms: 20, p99Ms: 40 },
    { second: 1, answered: 0, unanswered: 0, p50Ms: null, p99Ms: null },
    { second: 2, answered: 0, unanswered: 1, p50Ms: null, p99Ms: null },
  ]);
  expect(timelineOf([], 0)).toEqual([]);
});
