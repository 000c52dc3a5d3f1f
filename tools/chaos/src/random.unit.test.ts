import { randomOf } from "./random";

const draws = (seed: number) => {
  const random = randomOf(seed);
  return Array.from({ length: 20 }, () => random.below(1_000));
};

test("one seed gives one run, another seed another", () => {
  expect(draws(7)).toEqual(draws(7));
  expect(draws(7)).not.toEqual(draws(8));
});

test("a fork depends on its name alone, not on what was drawn before", () => {
  const fresh = randomOf(7).fork("load");
  const used = randomOf(7);
  used.below(10);
  expect(used.fork("load").below(1_000_000)).toBe(fresh.below(1_000_000));
  expect(randomOf(7).fork("faults").below(1_000_000)).not.toBe(randomOf(7).fork("load").below(1_000_000));
});

test("bounds are kept, both ends are met, and chances are about what they say", () => {
  const random = randomOf(1);
  const seen = new Set(Array.from({ length: 500 }, () => random.between(3, 6)));
  expect([...seen].sort()).toEqual([3, 4, 5, 6]);
  const hits = Array.from({ length: 10_000 }, () => random.chance(0.2)).filter(Boolean).length;
  expect(hits).toBeGreaterThan(1_800);
  expect(hits).toBeLessThan(2_200);
  expect(random.chance(0)).toBe(false);
  expect(random.chance(1)).toBe(true);
});

test("a shuffle keeps every item once", () => {
  expect(randomOf(3).shuffle([1, 2, 3, 4, 5]).sort()).toEqual([1, 2, 3, 4, 5]);
});
