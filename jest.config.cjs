/** Below this folder only: a clone that lies in a folder named `dist` itself must find its tests. */
const root = __dirname.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const inRoot = (folders) => `^${root}/(?:.*/)?(?:${folders})/`;

// A container outlives the docker command that is killed, so tests take a nats-server of this machine or fail.
process.env.NATS_FROM_DOCKER = "false";

/** How a test file is run: swc strips the types, workspace packages resolve to their `src`. */
const shared = {
  rootDir: __dirname,
  testEnvironment: "node",
  testEnvironmentOptions: { customExportConditions: ["@quartermaster/source", "node", "require", "default"] },
  transform: {
    "^.+\\.[cm]?ts$": [
      "@swc/jest",
      {
        jsc: { parser: { syntax: "typescript" }, target: "es2022" },
        module: { type: "commonjs" },
        sourceMaps: "inline",
      },
    ],
  },
  moduleFileExtensions: ["ts", "js", "cjs", "mjs", "json", "node"],
  transformIgnorePatterns: [inRoot("node_modules")],
  testPathIgnorePatterns: [inRoot("node_modules|dist|\\.data")],
  modulePathIgnorePatterns: [inRoot("dist|\\.data")],
  watchPathIgnorePatterns: [inRoot("dist|\\.data")],
};

/** Only these levels start servers: `npx jest --selectProjects unit` needs nothing but Node. */
const servers = {
  globalSetup: "<rootDir>/packages/testkit/src/jest-setup.ts",
  globalTeardown: "<rootDir>/packages/testkit/src/jest-teardown.ts",
};

/** One whole stack, of built services, for all journeys through the gateway. */
const wholeStack = {
  globalSetup: "<rootDir>/e2e/support/shared-stack.ts",
  globalTeardown: "<rootDir>/e2e/support/shared-stack-end.ts",
};

module.exports = {
  testTimeout: 30_000,
  projects: [
    { ...shared, displayName: "unit", testMatch: ["**/*.unit.test.ts"] },
    { ...shared, ...servers, displayName: "int", testMatch: ["**/*.int.test.ts"] },
    { ...shared, ...servers, displayName: "pact", testMatch: ["**/*.pact.test.ts"] },
    { ...shared, ...wholeStack, displayName: "e2e", testMatch: ["**/*.e2e.test.ts"] },
  ],
};
