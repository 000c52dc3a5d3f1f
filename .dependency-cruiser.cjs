// Who may import what (docs/style.md). Checked by tools/checks/import-rules.cjs, which also asserts that modules were seen:
// with TypeScript 7, dependency-cruiser's own parser finds none and calls that a success, so the swc parser is used.

const service = "^services/([^/]+)/src";
const tests = "\\.(unit|int|pact|e2e)\\.test\\.ts$|/test/";

/** A pure room may use what is named, and nothing else. */
const pure = (name, rooms) => ({
  name: `room-${name}`,
  comment: "Pure: no SQL, network, clock, random, log. Hashing is pure; types are free, they vanish.",
  severity: "error",
  from: { path: `${service}/${name}/`, pathNot: tests },
  to: {
    pathNot: [
      `^services/$1/src/(${rooms})/`,
      "^packages/contracts/",
      "^crypto$",
      "node_modules/(big\\.js|zod)/",
    ],
  },
});

/** A room looks only at the rooms below it. */
const below = (name, rooms, comment) => ({
  name: `room-${name}`,
  comment,
  severity: "error",
  from: { path: `${service}/(${name})/`, pathNot: tests },
  to: { path: `^services/$1/src/(${rooms})/` },
});

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Two files that need each other are one file, or lack a third.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "nothing-unresolvable",
      comment: "An import that does not resolve escapes every other rule.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "no-package-of-tests",
      comment:
        "Images are installed without devDependencies: what a program loads is one of its dependencies.",
      severity: "error",
      from: { path: "^(packages|services|tools|bench)/.*/src/", pathNot: tests },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg"] },
    },
    {
      name: "contracts-zod-only",
      comment: "Other teams install the contracts alone.",
      severity: "error",
      from: { path: "^packages/contracts/src", pathNot: tests },
      to: { pathNot: ["^packages/contracts/src", "node_modules/zod/", "^(fs|path)$"] },
    },
    {
      name: "contracts-read-fixtures-in-one-place",
      comment: "What is declared runs anywhere; only the golden fixtures are files.",
      severity: "error",
      from: { path: "^packages/contracts/src", pathNot: ["^packages/contracts/src/golden\\.ts$", tests] },
      to: { path: "^(fs|path)$" },
    },
    {
      name: "contracts-entry-is-pure",
      comment: "Who needs the messages alone does not load the fixtures.",
      severity: "error",
      from: { path: "^packages/contracts/src/[^/]+\\.ts$", pathNot: tests },
      to: { path: "^packages/contracts/src/(golden\\.ts$|testing/|asyncapi/)" },
    },
    {
      name: "packages-not-services",
      severity: "error",
      from: { path: "^packages/" },
      to: { path: "^services/" },
    },
    {
      name: "services-not-services",
      comment: "Services speak through messages.",
      severity: "error",
      from: { path: "^services/([^/]+)/" },
      to: { path: "^services/", pathNot: "^services/$1/" },
    },
    {
      name: "packages-by-their-entry",
      comment: "A package has one entry; contracts has three more, named in its package.json.",
      severity: "error",
      from: { path: "^(packages|services|tools|bench|e2e)/([^/]+)" },
      to: {
        path: "^packages/([^/]+)/(src|dist)/",
        pathNot: [
          "^packages/[^/]+/(src|dist)/index\\.",
          "^packages/contracts/(src|dist)/(golden|testing/index|asyncapi/document)\\.",
          "^$1/$2/",
        ],
      },
    },
    {
      name: "testkit-and-pacts-in-tests-only",
      severity: "error",
      from: { path: "^(packages|services|tools)/", pathNot: ["^packages/(testkit|pacts)/", tests] },
      to: { path: "^packages/(testkit|pacts)/" },
    },
    {
      name: "servers-for-tools-and-testkit",
      comment: "Services never start servers.",
      severity: "error",
      from: { path: "^(packages|services)/", pathNot: ["^packages/(servers|testkit)/", tests] },
      to: { path: "^packages/servers/" },
    },
    {
      name: "only-app-sees-every-room",
      severity: "error",
      from: { path: `${service}/`, pathNot: [`${service}/(app|main)\\.ts$`, tests] },
      to: { path: "^services/$1/src/(app|main)\\.ts$" },
    },
    pure("domain", "domain"),
    pure("sagas", "sagas|domain"),
    below("store", "handlers|queries|http|sagas|runner|clients", "SQL functions that take tx first."),
    below("queries", "handlers|http|sagas|runner", "Queries use the store."),
    below(
      "handlers",
      "queries|http",
      "Handlers use domain, store, contracts, messaging; they never publish.",
    ),
    below("http|rest", "handlers|queries|sagas", "Translates between HTTP and contracts."),
    {
      name: "handlers-without-drivers",
      comment: "One transaction, in one place: messaging opens it, and messaging publishes.",
      severity: "error",
      from: { path: `${service}/(handlers|queries)/`, pathNot: tests },
      to: { path: "node_modules/(nats|knex)/" },
    },
  ],
  options: {
    parser: "swc",
    combinedDependencies: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|\\.data)/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@quartermaster/source", "node", "require", "default"],
      extensions: [".ts", ".js", ".cjs", ".mjs", ".json"],
    },
  },
};
