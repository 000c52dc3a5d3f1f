import { readSettings } from "./settings";

test("without anything said: the reduced form of every check, with a seed of its own", () => {
  expect(readSettings({}, () => 42)).toEqual({ size: "reduced", seed: 42, only: [], folder: ".data/chaos" });
});

test("a run is repeated by its seed and the name of its check", () => {
  const env = { SEED: "7", CHECK: "zombies, gapless", FULL: "1", CHAOS_DIR: "/somewhere" };
  expect(readSettings(env, () => 42)).toEqual({
    size: "full",
    seed: 7,
    only: ["zombies", "gapless"],
    folder: "/somewhere",
  });
});

test.each(["x", "-1", "1.5", "99999999999"])("SEED=%s is refused with a sentence", (SEED) => {
  expect(() => readSettings({ SEED }, () => 42)).toThrow(/^SEED is/);
});
