import { readFileSync } from "node:fs";
import { join } from "node:path";
import { allContracts, partsOf } from "@quartermaster/contracts";
import Ajv2020 from "ajv/dist/2020";
import addFormats from "ajv-formats";

const ajv = new Ajv2020({ strict: true, allErrors: true });
addFormats(ajv);
const fixtures = join(__dirname, "..", "..", "..", "packages", "contracts", "fixtures");

test.each(allContracts)(
  "the JSON Schemas of $name take its examples, and refuse another message's",
  (contract) => {
    const file = join(fixtures, contract.service, `${contract.name.slice(contract.service.length + 1)}.json`);
    const { examples } = JSON.parse(readFileSync(file, "utf8")) as { examples: Record<string, unknown>[] };
    for (const { name, schema } of partsOf(contract)) {
      const validate = ajv.compile(schema);
      for (const example of examples.filter((one) => name in one)) {
        validate(example[name]);
        expect(validate.errors).toBeNull();
      }
      expect(validate("no object")).toBe(false);
    }
  },
);

test("a sender need not say what has a default, and a reader takes fields that it does not know", () => {
  const [ask, answer] = partsOf(named("inventory.products.v1"));
  expect(ajv.validate(ask?.schema ?? {}, {})).toBe(true);
  expect(ajv.validate(ask?.schema ?? {}, { limit: 201 })).toBe(false);
  expect(ajv.validate(answer?.schema ?? {}, { data: [], next: null, total: 0 })).toBe(true);
});

test("a number that may come as text has the bounds of the number", () => {
  const [ask] = partsOf(named("inventory.product.v1"));
  expect(ask?.schema).toMatchObject({
    properties: { id: { type: "integer", minimum: 1, maximum: 2_147_483_647 } },
  });
});

function named(name: string) {
  const found = allContracts.find((contract) => contract.name === name);
  if (!found) throw new Error(`no message is called ${name}`);
  return found;
}
