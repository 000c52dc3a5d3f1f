import { check } from "../check";
import { runTests } from "./jest-tests";

/** The saga has a model of its own: it runs here with the sizes and the seed of the harness. */
export const sagaModel = check({
  name: "saga-model",
  number: 6,
  about: "The saga's exhaustive exploration, and fast-check runs over random sagas, networks and crashes.",
  sizes: { reduced: { runs: 5_000 }, full: { runs: 100_000 } },
  run: async ({ size, random, record }) => {
    record.count("fast-check runs", size.runs);
    const seed = `${random.below(0x7fff_ffff)}`;
    record.claim("the seed of the random sagas", true, seed);
    const tests = ["exploration", "any-saga"].map(
      (name) => `services/orders/test/saga-model/${name}.unit.test.ts`,
    );
    await runTests(record, tests, { SAGA_RUNS: `${size.runs}`, SAGA_SEED: seed });
  },
});
