import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const repository = join(__dirname, "..", "..", "..");
const example = join(repository, "pacts", "foreign", "webshop-inventory.json");
const timeoutMs = 120_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quartermaster-foreign-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What `make contracts` does, with other teams' pacts from the folder, for one provider. */
async function contracts(): Promise<{ code: number | null; said: string }> {
  // A run of Jest inside a run of Jest: it has servers of its own.
  const { JEST_WORKER_ID: _, QUARTERMASTER_TEST_POSTGRES: __, ...env } = process.env;
  const program = join(repository, "tools", "checks", "contracts.cjs");
  const child = spawn(process.execPath, [program, "services/inventory/test/provider"], {
    env: { ...env, FOREIGN_PACTS: folder },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const [code] = await once(child, "close");
  return { code, said: String(Buffer.concat(chunks)) };
}

interface Pact {
  interactions: { description: string; providerStates?: { name: string }[] }[];
}

/** The example of docs/contract-tests.md, changed. */
function drop(name: string, change: (pact: Pact) => void): void {
  const pact = JSON.parse(readFileSync(example, "utf8")) as Pact;
  change(pact);
  writeFileSync(join(folder, name), JSON.stringify(pact));
}

test(
  "another team's pact that is not kept fails by the name of the consumer and the message, with what is missing",
  async () => {
    drop("webshop-inventory.json", (pact) => {
      const [stock] = pact.interactions.filter(({ description }) =>
        description.startsWith("qry.inventory.stock"),
      );
      const text = JSON.stringify(stock).replaceAll('"available"', '"availableTomorrow"');
      pact.interactions = pact.interactions.map((one) => (one === stock ? JSON.parse(text) : one));
    });
    const { code, said } = await contracts();
    expect(code).toBe(1);
    expect(said).toMatch(/^webshop +inventory +qry\.inventory\.stock\.v1 +1 +BROKEN: 1$/m);
    expect(said).toContain("webshop relies on qry.inventory.stock.v1: what is left of a SKU");
    expect(said).toContain("missing the following keys: availableTomorrow");
    expect(said).toMatch(/^webshop +inventory +evt\.inventory\.product-changed\.v1 +1 +kept$/m);
    expect(said).toMatch(/^Contracts are broken: 1 of \d+ interactions, named above\.$/m);
  },
  timeoutMs,
);

test(
  "a provider state that nobody knows, and a message that is not there, are told in a sentence",
  async () => {
    drop("webshop-inventory.json", (pact) => {
      pact.interactions = pact.interactions.slice(0, 2);
      const [first, second] = pact.interactions;
      if (first) first.providerStates = [{ name: "a full moon" }];
      if (second) second.description = "qry.inventory.weather.v1: tomorrow";
    });
    const { code, said } = await contracts();
    expect(code).toBe(1);
    expect(said).toContain(
      'inventory has no provider state "a full moon"; it has "asked by", "an act of an operator", "a product"',
    );
    expect(said).toContain("the description has to begin with the subject of a message of inventory");
  },
  timeoutMs,
);
