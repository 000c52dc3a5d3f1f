import { randomOf } from "../random";
import { fateIn } from "./weather";

test("fates come as often as they should, and the same seed brings the same ones", () => {
  const weather = { dropped: 0.1, doubled: 0.2, delayed: 0.3, reordered: 0.1, delayMsMax: 50 };
  const fates = (seed: number) => {
    const random = randomOf(seed);
    return Array.from({ length: 10_000 }, () => fateIn(weather, random));
  };
  const counts: Record<string, number> = {};
  for (const fate of fates(1)) {
    counts[fate.kind] = (counts[fate.kind] ?? 0) + 1;
    if (fate.kind === "delayed") expect(fate.ms).toBeLessThanOrEqual(50);
  }
  const shares = { dropped: 0.1, doubled: 0.2, delayed: 0.3, reordered: 0.1, passed: 0.3 };
  for (const [kind, share] of Object.entries(shares))
    expect(Math.abs((counts[kind] ?? 0) / 10_000 - share)).toBeLessThan(0.02);
  expect(fates(1)).toEqual(fates(1));
});
