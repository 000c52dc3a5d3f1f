import { derivedId, newId, timeOfId } from "./ids";

test("a derived id is a v7 uuid of the same time, differs from its origin, and is the same every time", () => {
  const id = newId();
  const derived = derivedId(id, 3);
  expect(timeOfId(derived)).toBe(timeOfId(id));
  expect(derived).not.toBe(id);
  expect(derivedId(id, 3)).toBe(derived);
});

test("ids derived with different numbers differ, at the ends of the range too", () => {
  const id = newId();
  const all = [1, 2, 15, 16, 255, 256, 4095].map((n) => derivedId(id, n));
  expect(new Set([id, ...all]).size).toBe(8);
  for (const derived of all) expect(timeOfId(derived)).toBe(timeOfId(id));
  for (const n of [0, 4096, 1.5]) expect(() => derivedId(id, n)).toThrow(RangeError);
});

test("the time of an id is read in milliseconds, and other uuids have none", () => {
  const before = Date.now();
  const time = timeOfId(newId());
  expect(time).toBeGreaterThanOrEqual(before);
  expect(time).toBeLessThanOrEqual(Date.now());
  expect(timeOfId("3f2b8c1e-0000-4000-8000-000000000000")).toBeUndefined();
  expect(timeOfId("not an id")).toBeUndefined();
});
