import { plantedBugs } from "../bugs/planted";
import { checks } from ".";

test("every check of RELIABILITY.md from 1 to 16 is there, each under a name of its own", () => {
  expect([...new Set(checks.map(({ number }) => number))].sort((a, b) => a - b)).toEqual(
    Array.from({ length: 16 }, (_, n) => n + 1),
  );
  expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
});

test("every planted bug has a name of its own, and a check that can hunt it", () => {
  expect(plantedBugs.length).toBeGreaterThanOrEqual(15);
  expect(new Set(plantedBugs.map(({ name }) => name)).size).toBe(plantedBugs.length);
  const hunting = checks.filter(({ sizes }) => sizes.hunt !== undefined).map(({ name }) => name);
  expect(plantedBugs.filter(({ caughtBy }) => !hunting.includes(caughtBy)).map(({ name }) => name)).toEqual(
    [],
  );
});
