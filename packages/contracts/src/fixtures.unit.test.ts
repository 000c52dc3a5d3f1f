import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fixtureOf } from "./golden";
import { allContracts, type RefusalCode, type Request, refusalCodesOf, refusals } from "./index";

const folder = join(__dirname, "..", "fixtures");

interface Example {
  about: string;
  ask?: unknown;
  answer?: unknown;
  refusal?: { code: RefusalCode; message: string; details: Record<string, unknown> };
  body?: unknown;
}

const files = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(join(folder, name)).map((file) => `${name}/${file}`));

const fixtures = allContracts
  .filter((contract) => files.includes(fixtureOf(contract)))
  .map((contract) => ({
    name: contract.name,
    contract,
    fixture: JSON.parse(readFileSync(join(folder, fixtureOf(contract)), "utf8")) as {
      message: string;
      examples: Example[];
    },
  }));

test("every message has a fixture, and every fixture a message", () => {
  expect(files.sort()).toEqual(allContracts.map(fixtureOf).sort());
});

test.each(fixtures)(
  "the examples of $name are what its contract takes, to the last field",
  ({ name, contract, fixture }) => {
    expect(fixture.message).toBe(name);
    expect(fixture.examples.length).toBeGreaterThan(0);
    for (const { about, ...example } of fixture.examples) {
      expect(about).toMatch(/^[A-Z].{5,}\.$/);
      // Parsing fills defaults in and leaves unknown fields out: an example that comes out as it went in has neither.
      expect(example).toEqual(
        contract.kind === "event" ? { body: contract.body.parse(example.body) } : parsed(contract, example),
      );
    }
  },
);

function parsed(contract: Request, { ask, answer, refusal }: Omit<Example, "about">): Omit<Example, "about"> {
  if (refusal === undefined) return { ask: contract.ask.parse(ask), answer: contract.answer.parse(answer) };
  expect(refusalCodesOf(contract)).toContain(refusal.code);
  const { code, details } = refusal;
  return { ask: contract.ask.parse(ask), refusal: { code, message: refusals[code], details } };
}

test("every request has an example that is answered, and one that is refused for something else than its shape", () => {
  const lacking = fixtures.flatMap(({ name, contract, fixture }) => {
    if (contract.kind === "event") return [];
    const mustRefuse = contract.refusals.some((code) => code !== "bad_request");
    const answered = fixture.examples.some((one) => one.answer !== undefined);
    const refused = fixture.examples.some((one) => one.refusal !== undefined);
    return answered && (refused || !mustRefuse) ? [] : [name];
  });
  expect(lacking).toEqual([]);
});
