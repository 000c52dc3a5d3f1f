import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { allContracts, allOps, type Contract, type RefusalCode, type Request, refusals } from "./index";

const folder = join(__dirname, "..", "fixtures");

interface Example {
  about: string;
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

test("every message and operators' verb has a fixture, and every fixture one of them", () => {
  const verbs = allOps.map(({ verb }) => `ops/${verb}.json`);
  expect(files.sort()).toEqual([...allContracts.map(fileOf), ...verbs].sort());
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
  expect(contract.refusals).toContain(refusal.code);
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
