import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const checker = join(__dirname, "..", "import-rules.cjs");
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "quartermaster-imports-"));
});

afterEach(() => rmSync(root, { recursive: true }));

test("a pure room that reaches for SQL or the network is caught", () => {
  plant(
    "services/orders/src/domain/price.ts",
    'import { read } from "../store/read";\nimport "http";\nread();',
  );
  plant("services/orders/src/store/read.ts", "export const read = () => 1;");
  expect(check()).toEqual([
    "room-domain: services/orders/src/domain/price.ts -> http",
    "room-domain: services/orders/src/domain/price.ts -> services/orders/src/store/read.ts",
    "2 modules, 2 imports against the rules",
  ]);
});

test("a service that imports another, and a package that imports a service, are caught", () => {
  plant("services/orders/src/app.ts", "export const orders = 1;");
  plant("services/billing/src/ask.ts", 'export { orders } from "../../orders/src/app";');
  plant("packages/process/src/index.ts", 'export { orders } from "../../../services/orders/src/app";');
  expect(check()).toEqual([
    "packages-not-services: packages/process/src/index.ts -> services/orders/src/app.ts",
    "services-not-services: services/billing/src/ask.ts -> services/orders/src/app.ts",
    "3 modules, 2 imports against the rules",
  ]);
});

test("a cycle is caught, and a type is free to come from anywhere", () => {
  plant("services/orders/src/store/a.ts", 'import { b } from "./b";\nexport const a = () => b();');
  plant("services/orders/src/store/b.ts", 'import { a } from "./a";\nexport const b = () => a();');
  plant("services/orders/src/domain/c.ts", 'import type { a } from "../store/a";\nexport type C = typeof a;');
  expect(check()).toEqual([
    "no-cycles: services/orders/src/store/a.ts -> services/orders/src/store/b.ts",
    "3 modules, 1 imports against the rules",
  ]);
});

test("a program that loads what only its tests declare is caught", () => {
  plant("node_modules/pg/package.json", '{ "name": "pg", "version": "8.0.0", "main": "index.js" }');
  plant("node_modules/pg/index.js", "exports.Pool = class {};");
  plant(
    "tools/stack/package.json",
    '{ "name": "stack", "version": "1.0.0", "devDependencies": { "pg": "8.0.0" } }',
  );
  const text = 'import { Pool } from "pg";\nexport const pool = new Pool();';
  plant("tools/stack/src/pool.ts", text);
  plant("tools/stack/src/pool.unit.test.ts", text);
  expect(check()).toEqual([
    "no-package-of-tests: tools/stack/src/pool.ts -> node_modules/pg/index.js",
    "2 modules, 1 imports against the rules",
  ]);
});

test("to see no module is a failure, not a success", () => {
  plant("services/orders/README.md", "nothing to import here");
  expect(check()).toEqual([
    "No module was seen, so nothing was checked.",
    "0 modules, 0 imports against the rules",
  ]);
});

function plant(path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** The checker's lines; each of these trees is to be refused. */
function check(): string[] {
  const { status, stdout } = spawnSync(process.execPath, [checker, `--root=${root}`], { encoding: "utf8" });
  expect(status).toBe(1);
  return stdout.trim().split("\n");
}
