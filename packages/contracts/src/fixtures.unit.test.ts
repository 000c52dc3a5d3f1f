import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fixtureOf } from "./golden";
import { allContracts, allOps, type RefusalCode, type Request, refusalCodesOf, refusals } from "./index";

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

test("every message and operators' verb has a fixture, and every fixture one of them", () => {
  const verbs = allOps.map(({ verb }) => `ops/${verb}.json`);
  expect(files.sort()).toEqual([...allContracts.map(fixtureOf), ...verbs].sort());
});

test.each(allOps)("the examples of the verb $verb are what it takes, to the last field", (contract) => {
  const fixture = JSON.parse(readFileSync(join(folder, `ops/${contract.verb}.json`), "utf8"));
  expect(fixture.message).toBe(`ops.${contract.verb}`);
  expect(fixture.examples.length).toBeGreaterThan(0);
  for (const { about, ask, answer } of fixture.examples as Example[]) {
    expect(about).toMatch(/^[A-Z].{5,}\.$/);
    expect({ ask, answer }).toEqual({ ask: contract.ask.parse(ask), answer: contract.answer.parse(answer) });
  }
});

// What is parked is what was parsed: requeued, it is parsed once more.
test.each(fixtures.filter(({ contract }) => contract.kind === "command"))(
  "what $name was parsed into can be parsed again, and stays the same",
  ({ contract, fixture }) => {
    for (const { ask } of fixture.examples) {
      const parsed = (contract as Request).ask.parse(ask);
      expect((contract as Request).ask.parse(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
    }
  },
);

test("an act takes a reason, and no verb takes a field that it does not know", () => {
  const open = allOps.filter(({ verb, ask }) => verb !== "replay" && ask.safeParse({ mispelt: 1 }).success);
  expect(open.map(({ verb }) => verb)).toEqual([]);
  for (const { verb, ask } of allOps.filter(({ isAct }) => isAct)) {
    const example = JSON.parse(readFileSync(join(folder, `ops/${verb}.json`), "utf8")).examples[0].ask;
    for (const reason of [undefined, "", "  ", "x".repeat(501), "two\nlines", "a \u0000", "\ud800"]) {
      expect([verb, reason, ask.safeParse({ ...example, reason }).success]).toEqual([verb, reason, false]);
    }
  }
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
  expect(refusalCodesOf(contract)).toContain(refusal.code);
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
