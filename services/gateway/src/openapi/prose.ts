import type { JsonSchema } from "./json-schema";

export const about = `
Quartermaster is one source of truth for who buys, what is in stock, what was ordered and invoiced, and who did what.

**Money** is a decimal with at most two places; send it as a number or a string. Unit costs have four places.
**Times** are UTC, ISO 8601. **Ids** are UUIDs, except product ids, which are integers.

**Errors** are problems (RFC 9457, \`application/problem+json\`) with a \`code\` for programs and a \`detail\` for people.

**Lists** answer \`{ "data": [...], "next": "..." | null }\`; pass \`next\` as \`after\` to read on.

**Repeating safely**: send an \`Idempotency-Key\` with a POST. The same key within a day gets the same answer, and does the
thing once. With another body it is a 422.

**Waiting**: an order is decided by several services. \`POST /orders\` waits up to ten seconds (\`Prefer: wait=N\`, at most 30) and
answers 201, a problem, or 202 with the \`Location\` where the outcome can be read.

**Versions**: an \`ETag\` is the record's version. Send it as \`If-Match\` with a PATCH to change only what you have read.
`.trim();

export const tags = [
  { name: "Orders", description: "Placing, reading and cancelling orders." },
  { name: "Customers", description: "Customer accounts, their terms and limits." },
  { name: "Products", description: "The catalogue, its prices and their history." },
  {
    name: "Stock",
    description: "Locations, levels, movements and batches. Levels are read only: every change is a command.",
  },
  { name: "Billing", description: "Invoices and credit notes." },
  { name: "Authentication", description: "Registration and tokens." },
  { name: "Users and access", description: "Who is logged in, and who may do what." },
  { name: "Audit", description: "Who did what, hash-chained." },
  { name: "Operations", description: "Health, metrics, keys, this document, and the messages behind it." },
];

// Without examples: Swagger UI would fill them in, and every try would repeat one order or miss a version.
export const sharedParameters: Record<string, JsonSchema> = {
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    description: "Makes a repeat of this request safe for a day; any text of your own, such as `order-1042`.",
    schema: { type: "string", minLength: 1, maxLength: 200, pattern: "^[\\x21-\\x7e]+$" },
  },
  Prefer: {
    name: "Prefer",
    in: "header",
    description: "`wait=N`: how many seconds to wait for the outcome, 0 to 30.",
    schema: { type: "string" },
  },
  IfMatch: {
    name: "If-Match",
    in: "header",
    description: 'The ETag of the version that is to be changed, such as `"3"`.',
    schema: { type: "string", pattern: '^(\\*|"[1-9][0-9]*")$' },
  },
};

export const sharedHeaders: Record<string, JsonSchema> = {
  RequestId: {
    description: "The request's id, the client's own if it sent one. It stands in logs and in the audit.",
    schema: { type: "string" },
  },
  ETag: { description: "The record's version.", schema: { type: "string" }, example: '"3"' },
  Location: { description: "Where the record is read.", schema: { type: "string" } },
  RetryAfter: { description: "Seconds to stay away.", schema: { type: "integer", minimum: 1 } },
};

const json = (description: string, example: unknown): JsonSchema => ({
  description,
  content: { "application/json": { schema: { type: "object" }, example } },
});

function open(summary: string, id: string, responses: Record<string, JsonSchema>) {
  return { get: { operationId: id, tags: ["Operations"], summary, security: [], responses } };
}

const message = {
  name: "inventory.product.v1",
  kind: "query",
  service: "inventory",
  subject: "qry.inventory.product.v1",
  about: "One product by id.",
  refusals: ["not_found", "bad_request"],
  schemas: { ask: { type: "object" }, answer: { type: "object" }, refusal: { type: "object" } },
};

const ready = { nats: true, database: true, keys: true };

/** Paths that serve no message. */
export const operationPaths: Record<string, JsonSchema> = {
  "/health/live": open("The process runs", "getHealthLive", { "200": json("It runs", { status: "live" }) }),
  "/health/ready": open("The gateway can serve", "getHealthReady", {
    "200": json("Ready", { status: "ready", checks: ready }),
    "503": json("Not ready", { status: "not ready", checks: { ...ready, nats: false } }),
  }),
  "/metrics": open("Prometheus metrics", "getMetrics", {
    "200": { description: "Metrics", content: { "text/plain": { schema: { type: "string" } } } },
  }),
  "/.well-known/jwks.json": open("Public keys of the access tokens", "getJwks", {
    "200": json("A JSON Web Key Set (RFC 7517)", {
      keys: [{ kty: "EC", crv: "P-256", x: "...", y: "...", kid: "1", alg: "ES256", use: "sig" }],
    }),
    "503": {
      description: "Identity's keys were not read yet",
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    },
  }),
  "/openapi.json": open("This document", "getOpenapiJson", {
    "200": json("OpenAPI 3.1", { openapi: "3.1.0" }),
  }),
  "/asyncapi.json": open("The messages on NATS, as AsyncAPI", "getAsyncapiJson", {
    "200": json("AsyncAPI 3.0", { asyncapi: "3.0.0" }),
  }),
  "/contracts": open(
    "Every message: subject, kind, what it is about, refusals, JSON Schemas",
    "getContracts",
    {
      "200": json("All messages by name", { data: [message], next: null }),
    },
  ),
  "/contracts/{name}": {
    get: {
      ...open("One message, with examples", "getContractsName", {
        "200": json("The message", { ...message, examples: [{ about: "One product.", ask: { id: 12 } }] }),
        "404": {
          description: "`no_such_path`: there is no message of this name",
          content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      }).get,
      parameters: [
        { name: "name", in: "path", required: true, schema: { type: "string" }, example: message.name },
      ],
    },
  },
};
