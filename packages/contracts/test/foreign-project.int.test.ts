import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const contracts = join(__dirname, "..");
const root = join(contracts, "..", "..");
const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8"));

// Outside the workspace: nothing above this folder has a node_modules or a package.json.
let project: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "quartermaster-foreign-"));
  plant("package.json", JSON.stringify({ name: "foreign", private: true, type: "module" }));
  const pnpm = readJson(join(root, "package.json")).packageManager;
  run("npx", ["--yes", pnpm, "pack", "--out", join(project, "contracts.tgz")], contracts);
  // zod as the workspace has it, so that no registry is needed; npm checks it against the range that the package asks for.
  const zod = dirname(require.resolve("zod/package.json", { paths: [contracts] }));
  cpSync(zod, join(project, "zod"), { recursive: true });
  const quietly = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  run("npm", ["install", ...quietly, "./zod", "./contracts.tgz"]);
}, 60_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

function plant(file: string, text: string): void {
  mkdirSync(dirname(join(project, file)), { recursive: true });
  writeFileSync(join(project, file), text);
}

/** What the program prints; its failure fails the test with all that it said. */
function run(program: string, args: string[], cwd = project): string {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8", env });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed:\n${stdout}${stderr}`);
  return stdout;
}

const installed = (...path: string[]) =>
  join(project, "node_modules", "@quartermaster", "contracts", ...path);

test("the package asks for zod by a range, and nothing of the workspace leaks into it", () => {
  const { dependencies, exports, scripts } = readJson(installed("package.json"));
  expect(dependencies).toEqual({ zod: expect.stringMatching(/^\^4\./) });
  expect(scripts ?? {}).toEqual({});
  const { exports: own } = readJson(join(contracts, "package.json"));
  const withoutSource = JSON.parse(JSON.stringify(own), (key, value) =>
    key === "@quartermaster/source" ? undefined : value,
  );
  expect(exports).toEqual(withoutSource);
  expect(readFileSync(installed("LICENSE"), "utf8")).toContain("Apache License");
});

test("what its README shows runs under node's own test runner, as ES modules", () => {
  const blocks = [...readFileSync(installed("README.md"), "utf8").matchAll(/```js\n([\s\S]*?)```/g)];
  expect(blocks).toHaveLength(3);
  for (const [index, [, code = ""]] of blocks.entries()) plant(`readme-${index}.test.mjs`, code);
  const files = blocks.map((_, index) => `readme-${index}.test.mjs`);
  expect(run("node", ["--test", "--test-reporter=tap", ...files])).toMatch(/^# fail 0$/m);
});

test("a consumer in CommonJS validates, reads fixtures and schemas, and is told what is unlawful", () => {
  plant(
    "consumer.test.cjs",
    `const assert = require("node:assert/strict");
     const { test } = require("node:test");
     const { allContracts, ReserveStock } = require("@quartermaster/contracts");
     const { asyncapi } = require("@quartermaster/contracts/asyncapi");
     const { golden, inMemory, UnlawfulMessage } = require("@quartermaster/contracts/testing");
     const fixture = require("@quartermaster/contracts/fixtures/inventory/reserve-stock.v1.json");
     const schema = require("@quartermaster/contracts/schemas/inventory/reserve-stock.v1.ask.json");

     test("every example of every message is lawful", () => {
       for (const contract of allContracts)
         for (const example of golden(contract))
           for (const part of ["ask", "answer", "body"])
             if (part in example) assert.ok(contract[part].safeParse(example[part]).success, contract.name);
     });
     test("fixtures and schemas are files", () => {
       assert.deepEqual(fixture.examples, golden(ReserveStock));
       assert.equal(schema.$id, "urn:quartermaster:inventory.reserve-stock.v1:ask");
       assert.equal(asyncapi().asyncapi, "3.0.0");
     });
     test("an unlawful ask throws", async () => {
       const asker = inMemory();
       asker.given(ReserveStock).followsExample();
       const meta = { actor: { kind: "service", id: "desk" }, requestId: null, causation: null, traceparent: null };
       await assert.rejects(asker.ask(ReserveStock, { lines: [] }, { meta, timeoutMs: 1 }), UnlawfulMessage);
     });`,
  );
  expect(run("node", ["--test", "--test-reporter=tap", "consumer.test.cjs"])).toMatch(/^# pass 3$/m);
  // A foreign project may know our workspace's condition by chance: it finds the built package all the same.
  const conditions = ["--conditions=@quartermaster/source", "consumer.test.cjs"];
  expect(run("node", conditions)).toMatch(/^# pass 3$/m);
});

test("TypeScript knows the messages, as ES modules and as CommonJS, and refuses what they do not allow", () => {
  const code = `
    import { type Asker, type Heard, type FieldsOf, OrderPlaced, PlaceOrder } from "@quartermaster/contracts";
    import { golden, inMemory } from "@quartermaster/contracts/testing";
    const asker: Asker = inMemory();
    const meta = { actor: { kind: "service" as const, id: "desk" }, requestId: null, causation: null, traceparent: null };
    export async function status(): Promise<string> {
      const answered = await asker.ask(PlaceOrder, { items: [{ productId: 1, quantity: 2 }] }, { meta, timeoutMs: 1 });
      return "answer" in answered ? answered.answer.status : "refusal" in answered ? answered.refusal.code : "accepted";
    }
    export const hear = (event: Heard<FieldsOf<typeof OrderPlaced>>): string | undefined => event.body.new?.status;
    export const version: number = golden(OrderPlaced)[0].body.version;
    // @ts-expect-error: a quantity is a number
    export const wrong = () => asker.ask(PlaceOrder, { items: [{ productId: 1, quantity: "2" }] }, { meta, timeoutMs: 1 });
    // @ts-expect-error: this message is never refused so
    inMemory().given(PlaceOrder).refuses("sku_taken");
  `;
  plant("typed.mts", code);
  plant("typed.cts", code);
  const tsc = join(root, "node_modules", ".bin", "tsc");
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--types", ""];
  run(tsc, [...options, "typed.mts", "typed.cts"]);
  run(tsc, [
    "--noEmit",
    "--strict",
    "--module",
    "esnext",
    "--moduleResolution",
    "bundler",
    "--types",
    "",
    "typed.mts",
  ]);
});
