import { createConfig, lintFromString } from "@redocly/openapi-core";
import { allRoutes } from "../http/routes";
import { openapi } from "./document";

// biome-ignore lint/suspicious/noExplicitAny: the document is looked into at many places
const document = openapi() as any;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  Object.entries(methods as Record<string, any>).map(([method, operation]) => ({ path, method, operation })),
);

test("the document is valid OpenAPI 3.1, its references lead somewhere and its examples fit their schemas", async () => {
  const config = await createConfig({
    rules: {
      struct: "error",
      "no-unresolved-refs": "error",
      "no-invalid-media-type-examples": "error",
      "no-invalid-parameter-examples": "error",
      "no-invalid-schema-examples": "error",
      "operation-operationId-unique": "error",
      "path-parameters-defined": "error",
      "no-ambiguous-paths": "off",
      "security-defined": "error",
    },
  });
  const problems = await lintFromString({ source: JSON.stringify(document), config });
  expect(problems.map(({ message, location }) => [message, location[0]?.pointer])).toEqual([]);
});

test("every route stands in it, with its permission and its errors", () => {
  for (const route of allRoutes) {
    const operation = document.paths[route.path][route.method];
    expect(operation.summary).toMatch(/^[A-Z]/);
    expect(Object.keys(operation.responses)).toEqual(
      expect.arrayContaining([String(route.status), "429", "500", "503"]),
    );
    for (const code of route.contract.refusals)
      expect(JSON.stringify(operation.responses)).toContain(`"${code}"`);
  }
});

test("operation ids are unique", () => {
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

test("every example of a request is one that the route takes", () => {
  const bodies = allRoutes.filter((route) => route.body && route.path !== "/orders/{id}/cancel");
  for (const route of bodies) {
    const example = document.paths[route.path][route.method].requestBody.content["application/json"].example;
    const parsed = route.body?.safeParse(example);
    expect([route.name, example === undefined, parsed?.error?.issues]).toEqual([
      route.name,
      false,
      undefined,
    ]);
  }
});

test("REST names and decimals stand in the schemas, message names and minor units do not", () => {
  const { Order, Product, Batch } = document.components.schemas;
  expect(Order.properties.total_amount.anyOf[0]).toEqual({
    type: "number",
    description: "A decimal with at most 2 places.",
    minimum: 0,
    maximum: 9_999_999_999.99,
  });
  expect(Product.required).toContain("stock_quantity");
  expect(Batch.properties.unit_cost.anyOf[0]).toMatchObject({ type: "number", maximum: 9_999_999_999.99 });
  expect(JSON.stringify(document)).not.toMatch(/"\w+(Minor|E4)"/);
});

test("importing the document starts nothing: it is the same object on every call", () => {
  expect(openapi()).toBe(openapi());
});
