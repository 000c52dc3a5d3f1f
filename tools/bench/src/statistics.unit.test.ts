import { median, percentile } from "./statistics";

test("a median is the middle value, or the mean of the two in the middle", () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([7]), median([])]).toEqual([2, 2.5, 7, 0]);
});

test("a percentile is a value that was measured, by nearest rank, in whatever order the values came", () => {
  const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
  expect([0.5, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([50, 99, 100]);
  expect([percentile([5], 0.99), percentile([], 0.5)]).toEqual([5, 0]);
});
