import { type Permission, permissions } from "@quartermaster/contracts";
import type { Route } from "../http/route";
import { allRoutes } from "../http/routes";
import { restField } from "../rest/names";
import { toRest } from "../rest/to-rest";
import { exampleOf } from "./examples";
import { answerSchema, inputSchema, type JsonSchema, namedSchemas } from "./json-schema";
import { problemResponses, problemSchema } from "./problems";
import { about, operationPaths, sharedHeaders, sharedParameters, tags } from "./prose";

let built: JsonSchema | undefined;

/**
 * The OpenAPI 3.1 document of the API, derived from the route table and the messages' contracts. Starts nothing; the same
 * object on every call.
 */
export function openapi(): object {
  built ??= build();
  return built;
}

function build(): JsonSchema {
  const paths: Record<string, JsonSchema> = {};
  for (const route of allRoutes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Quartermaster",
      version: "0.1.0",
      summary: "Inventory, orders, billing and audit for distributors, over REST",
      description: about,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: "This gateway" }],
    tags,
    security: [{ accessToken: [] }],
    paths: { ...paths, ...operationPaths },
    components: {
      securitySchemes: {
        accessToken: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "The `access_token` that `POST /auth/login` answers; good for an hour.",
        },
      },
      parameters: sharedParameters,
      headers: sharedHeaders,
      schemas: { Problem: problemSchema, ...namedSchemas() },
    },
  };
}

function operation(route: Route): JsonSchema {
  const { options, contract } = route;
  const open =
    options.may === "public" ? [] : options.may === "optional" ? [{}, { accessToken: [] }] : undefined;
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: options.aliasOf ? `${options.summary} (alias)` : options.summary,
    description: describe(route),
    ...(open ? { security: open } : {}),
    parameters: parameters(route),
    ...requestBody(route),
    responses: { ...successes(route), ...problemResponses(route) },
    "x-message": contract.name,
    ...(options.may.includes(":") ? { "x-permission": options.may } : {}),
  };
}

function operationId({ method, path }: Route): string {
  const words = path.split(/[^A-Za-z]+/).filter(Boolean);
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

function describe({ contract, options }: Route): string {
  const sentences = [contract.about];
  if (options.aliasOf) sentences.push(`The same as \`${options.aliasOf}\`.`);
  if (options.may.includes(":")) {
    const rule = permissions[options.may as Permission];
    const own = rule.own.length > 0 ? ` (${rule.own.join(", ")}: its own only)` : "";
    sentences.push(`Permission \`${options.may}\`: ${rule.roles.join(", ")}${own}.`);
  }
  if (options.may === "login") sentences.push("Any user who is logged in.");
  if (options.catalog) sentences.push("Open without a login where the catalogue is public.");
  return sentences.join("\n\n");
}

const shared = (name: string) => ({ $ref: `#/components/parameters/${name}` });

function parameters(route: Route): JsonSchema[] {
  const fromPath = route.params.map(({ name, schema }) => ({
    name,
    in: "path",
    required: true,
    schema: inputSchema(schema),
    example: name === "id" && schema.safeParse(1).success ? 1 : "019a2b3c-0000-7000-8000-000000000003",
  }));
  const input = route.query ? inputSchema(route.query) : {};
  const required = (input.required ?? []) as string[];
  const fromQuery = Object.entries((input.properties ?? {}) as Record<string, JsonSchema>).map(
    ([name, schema]) => ({
      name,
      in: "query",
      required: required.includes(name),
      schema,
    }),
  );
  const headers = [
    ...(route.keyed ? [shared("IdempotencyKey")] : []),
    ...(route.options.waits ? [shared("Prefer")] : []),
    ...(route.options.ifMatch ? [shared("IfMatch")] : []),
  ];
  return [...fromPath, ...fromQuery, ...headers];
}

function requestBody(route: Route): JsonSchema {
  if (!route.body) return {};
  const schema = inputSchema(route.body);
  const example = route.options.take ? bodiesByHand[route.path] : bodyExample(route, schema);
  const required = Array.isArray(schema.required) && schema.required.length > 0;
  const content = { "application/json": { schema, ...(example ? { example } : {}) } };
  return { requestBody: { required: required || route.options.take !== undefined, content } };
}

/** What a client sends of the message's example: the path, the headers and the route say the rest. */
function bodyExample({ contract }: Route, schema: JsonSchema): JsonSchema {
  const whole = toRest(exampleOf(contract).ask) as JsonSchema;
  const fields = Object.keys((schema.properties ?? {}) as JsonSchema);
  return Object.fromEntries(Object.entries(whole).filter(([name]) => fields.includes(name)));
}

const credentials = { email: "buyer@example.com", password: "correct horse battery" };
/** Where REST takes something else than the message, the example cannot be derived from the message. */
const bodiesByHand: Record<string, JsonSchema> = {
  "/auth/login": credentials,
  "/api/token": { username: "buyer", password: credentials.password },
  "/auth/refresh": { refresh_token: "rt_9f2c..." },
  "/api/token/refresh": { refresh: "rt_9f2c..." },
  "/auth/logout": { refresh_token: "rt_9f2c..." },
};

function successes(route: Route): Record<string, JsonSchema> {
  const { contract, options, status } = route;
  const requestId = { "X-Request-Id": { $ref: "#/components/headers/RequestId" } };
  const location = { Location: { $ref: "#/components/headers/Location" } };
  const headers = {
    ...requestId,
    ...(options.etag ? { ETag: { $ref: "#/components/headers/ETag" } } : {}),
    ...(options.location ? location : {}),
  };
  if (status === 204) return { "204": { description: "Done", headers } };
  const answer = exampleOf(contract).answer as never;
  const example = toRest(options.give ? options.give(answer) : answer);
  const content = { "application/json": { schema: answered(route), example } };
  const success = { [status]: { description: status === 201 ? "Created" : "OK", headers, content } };
  if (!options.waits) return success;
  const id = (example as { id: string }).id;
  return {
    ...success,
    "202": {
      description: "Accepted and durable, but not decided within the wait. Read it at its Location.",
      headers: { ...requestId, ...location },
      content: {
        "application/json": {
          schema: {
            type: "object",
            required: ["id"],
            properties: { id: { type: "string" }, status: { type: "string" } },
          },
          example: { id, ...(status === 201 ? { status: "PLACING" } : {}) },
        },
      },
    },
  };
}

function answered({ contract, options }: Route): JsonSchema {
  const schema = answerSchema(contract.answer);
  if (!options.give) return schema;
  const example = exampleOf(contract).answer as object;
  const added = Object.keys(options.give(example as never)).filter((key) => !(key in example));
  const properties = Object.fromEntries(added.map((key) => [restField(key).name, { type: "string" }]));
  return { allOf: [schema, { type: "object", required: Object.keys(properties), properties }] };
}
