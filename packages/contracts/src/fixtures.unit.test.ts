import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { allContracts, type Contract, type RefusalCode, type Request, refusals } from "./index";

const folder = join(__dirname, "..", "fixtures");

interface Example {
  about: string;
  /** What has to be so before, as provider states with their parameters: contract tests make it so. */
  given?: Record<string, Record<string, unknown>>;
  ask?: unknown;
  answer?: unknown;
  refusal?: { code: RefusalCode; message: string; details: Record<string, unknown> };
  body?: unknown;
}

/** `inventory.reserve-stock.v1` has its examples in `fixtures/inventory/reserve-stock.v1.json`. */
function fileOf({ service, name }: Contract): string {
  return `${service}/${name.slice(service.length + 1)}.json`;
}

const files = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(join(folder, name)).map((file) => `${name}/${file}`));

const fixtures = allContracts
  .filter((contract) => files.includes(fileOf(contract)))
  .map((contract) => ({
    name: contract.name,
    contract,
    fixture: JSON.parse(readFileSync(join(folder, fileOf(contract)), "utf8")) as {
      message: string;
      examples: Example[];
    },
  }));

test("every message has a fixture, and every fixture a message", () => {
  expect(files.sort()).toEqual(allContracts.map(fileOf).sort());
});

test.each(fixtures)(
  "the examples of $name are what its contract takes, to the last field",
  ({ name, contract, fixture }) => {
    expect(fixture.message).toBe(name);
    expect(fixture.examples.length).toBeGreaterThan(0);
    for (const { about, given, ...example } of fixture.examples) {
      expect(about).toMatch(/^[A-Z].{5,}\.$/);
      for (const state of Object.keys(given ?? {})) expect(state).toMatch(/^[a-z][a-z -]+$/);
      // Parsing fills defaults in and leaves unknown fields out: an example that comes out as it went in has neither.
      expect(example).toEqual(
        contract.kind === "event" ? { body: contract.body.parse(example.body) } : parsed(contract, example),
      );
    }
  },
);

function parsed(
  contract: Request,
  { ask, answer, refusal }: Omit<Example, "about" | "given">,
): Omit<Example, "about" | "given"> {
  if (refusal === undefined) return { ask: contract.ask.parse(ask), answer: contract.answer.parse(answer) };
  expect(contract.refusals).toContain(refusal.code);
  const { code, details } = refusal;
  return { ask: contract.ask.parse(ask), refusal: { code, message: refusals[code], details } };
}

/** Refusals that contract tests cannot lead to: 600 registrations in a minute, a stop within the milliseconds of placing. */
const withoutExample = [
  "identity.register-user.v1 too_many_attempts",
  "orders.place-order.v1 placing_cancelled",
];

test("every request has an example that is answered, and one of each refusal", () => {
  const lacking = fixtures.flatMap(({ name, contract, fixture }) => {
    if (contract.kind === "event") return [];
    const answered = fixture.examples.some((one) => one.answer !== undefined);
    const unshown = contract.refusals.filter(
      (code) => !fixture.examples.some((one) => one.refusal?.code === code),
    );
    return [...(answered ? [] : [name]), ...unshown.map((code) => `${name} ${code}`)];
  });
  expect(lacking.sort()).toEqual(withoutExample);
});
