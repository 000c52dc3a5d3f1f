import { check } from "../check";
import { runTests } from "./jest-tests";

/** Checks whose subject has tests of its own, on real servers: they run here with the sizes and the seed of the harness. */

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

export const rights = check({
  name: "rights",
  number: 12,
  about:
    "Database roles against audit, documents and other schemas; NATS users against the published table: all else is refused.",
  sizes: { reduced: {}, full: {} },
  run: ({ record }) =>
    runTests(record, [
      "services/inventory/test/rights.int.test.ts",
      "services/billing/test/append-only.int.test.ts",
      "tools/generate/test/nats-rights.int.test.ts",
    ]),
});
