import Ajv2020, { type ValidateFunction } from "ajv/dist/2020";
import addFormats from "ajv-formats";
import type { z } from "zod";
import { golden } from "./golden";
import { allContracts, type Contract, type Part, partsOf, RefusalBody } from "./index";

// Not zod: whoever reads the schemas in another language relies on what such a validator makes of them.
const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
addFormats(ajv);

interface Judged {
  name: string;
  part: Part["name"];
  zod: z.ZodType;
  isLawful: ValidateFunction;
  examples: unknown[];
}

const judged: Judged[] = allContracts.flatMap((contract) =>
  partsOf(contract).map(({ name: part, schema }) => ({
    name: contract.name,
    part,
    zod: zodOf(contract, part),
    isLawful: ajv.compile(schema),
    examples: golden(contract).flatMap((one) => (part in one ? [one[part as never]] : [])),
  })),
);

function zodOf(contract: Contract, part: Part["name"]): z.ZodType {
  if (contract.kind === "event") return contract.body;
  return { ask: contract.ask, answer: contract.answer, refusal: RefusalBody, body: contract.ask }[part];
}

test("every part of every message has a schema of draft 2020-12 with an id of its own", () => {
  const schemas = allContracts.flatMap((contract) => partsOf(contract).map(({ schema }) => schema));
  const ids = schemas.map(({ $id }) => $id);
  expect(new Set(schemas.map(({ $schema }) => $schema))).toEqual(
    new Set(["https://json-schema.org/draft/2020-12/schema"]),
  );
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toContain("urn:quartermaster:inventory.reserve-stock.v1:ask");
  expect(ids).toContain("urn:quartermaster:inventory.reserve-stock.v1:answer");
  expect(ids).toContain("urn:quartermaster:inventory.reserve-stock.v1:refusal");
  expect(ids).toContain("urn:quartermaster:orders.order-placed.v1:body");
});

test.each(judged)("the schema of $name ($part) takes its golden examples", ({ isLawful, examples }) => {
  for (const example of examples) {
    isLawful(example);
    expect(isLawful.errors).toBeNull();
  }
});

test.each(judged)("the schema of $name ($part) and its contract agree on what is wrong", (one) => {
  const variants = one.examples.flatMap((example) => [...variantsOf(example)]);
  const disagreeing = variants.filter((variant) => {
    const read = one.zod.safeParse(variant);
    // A reader is more patient than its schema: it trims, and takes a number as text. What it makes of that is lawful.
    return one.isLawful(variant) ? !read.success : read.success && !one.isLawful(read.data);
  });
  expect(disagreeing.slice(0, 3)).toEqual([]);
});

const wrong = [null, "", "x".repeat(5_000), -1, 0, 1.5, 1e15, true, [], {}, "2026-13-45", "0199F2C0"];

/** The value with each of its fields gone, and each replaced by each of the wrong ones. */
function* variantsOf(value: unknown): Generator<unknown> {
  yield* wrong;
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries())
      for (const variant of variantsOf(element)) yield value.with(index, variant);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      const { [key]: _, ...rest } = value as Record<string, unknown>;
      yield rest;
      for (const variant of variantsOf(member)) yield { ...value, [key]: variant };
    }
  }
}

test("a sender need not say what has a default, and a reader takes fields that it does not know", () => {
  const [ask, answer] = judged.filter(({ name }) => name === "inventory.products.v1");
  expect(ask?.isLawful({})).toBe(true);
  expect(ask?.isLawful({ limit: 201 })).toBe(false);
  expect(answer?.isLawful({ data: [], next: null, total: 0 })).toBe(true);
});

test("a reader takes a refusal whose code it does not know", () => {
  const refusal = judged.find(({ name, part }) => name === "orders.place-order.v1" && part === "refusal");
  expect(refusal?.isLawful({ code: "of_next_year", message: "No.", details: {} })).toBe(true);
  expect(refusal?.isLawful({ message: "No.", details: {} })).toBe(false);
});

test("a number that may come as text has the bounds of the number", () => {
  const contract = allContracts.find(({ name }) => name === "inventory.product.v1") as Contract;
  expect(partsOf(contract)[0]?.schema).toMatchObject({
    properties: { id: { type: "integer", minimum: 1, maximum: 2_147_483_647 } },
  });
});
