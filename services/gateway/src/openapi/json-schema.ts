import * as contracts from "@quartermaster/contracts";
import { z } from "zod";
import { decimal } from "../rest/decimals";
import { restField } from "../rest/names";

export type JsonSchema = { [member: string]: unknown };

/** Records that appear in several answers: each is described once, under this name. */
const named = {
  User: contracts.User,
  Tokens: contracts.Tokens,
  Product: contracts.Product,
  PriceChange: contracts.PriceChange,
  Location: contracts.Location,
  Level: contracts.Level,
  Movement: contracts.Movement,
  Batch: contracts.Batch,
  Customer: contracts.Customer,
  Order: contracts.Order,
  OrderItem: contracts.OrderItem,
  TimelineEntry: contracts.TimelineEntry,
  Invoice: contracts.Invoice,
  CreditNote: contracts.CreditNote,
  AuditRecord: contracts.AuditRecord,
};

const registry = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });

/** The named records as REST shows them, for `components.schemas`. */
export function namedSchemas(): Record<string, JsonSchema> {
  const all = z.toJSONSchema(z.object(named), { metadata: registry, io: "output", unrepresentable: "any" });
  return Object.fromEntries(
    Object.entries((all.$defs ?? {}) as Record<string, JsonSchema>).map(([name, schema]) => [
      name,
      toRestSchema(schema, 0),
    ]),
  );
}

/** What a message answers, as REST shows it; named records by reference. */
export function answerSchema(schema: z.ZodType): JsonSchema {
  // Inside an object, so that a named record is a reference even when it is the whole answer.
  const wrapped = z.toJSONSchema(z.object({ answer: schema }), {
    metadata: registry,
    io: "output",
    unrepresentable: "any",
  });
  return toRestSchema((wrapped.properties as Record<string, JsonSchema>).answer ?? {}, 0);
}

/** What a route takes; the schema is in REST form already. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...input } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return clean(input);
}

function toRestSchema(schema: JsonSchema, places: 0 | 2 | 4): JsonSchema {
  const { id: _, ...out } = clean(schema);
  if (typeof out.$ref === "string") return { $ref: out.$ref.replace("#/$defs/", "#/components/schemas/") };
  if (places !== 0 && out.type === "integer") return decimalSchema(out, places);
  if (out.items) out.items = toRestSchema(out.items as JsonSchema, 0);
  for (const key of ["anyOf", "oneOf"]) {
    if (Array.isArray(out[key])) out[key] = out[key].map((one: JsonSchema) => toRestSchema(one, places));
  }
  const properties = Object.entries((out.properties ?? {}) as Record<string, JsonSchema>);
  if (properties.length === 0) return out;
  out.properties = Object.fromEntries(
    properties.map(([key, value]) => [restField(key).name, toRestSchema(value, restField(key).places)]),
  );
  if (Array.isArray(out.required)) out.required = out.required.map((key: string) => restField(key).name);
  // A newer gateway may answer more fields than this document knows.
  delete out.additionalProperties;
  return out;
}

function decimalSchema(schema: JsonSchema, places: 2 | 4): JsonSchema {
  const { minimum, maximum } = schema as { minimum?: number; maximum?: number };
  return {
    type: "number",
    description: `A decimal with at most ${places} places.`,
    ...(minimum === undefined ? {} : { minimum: decimal(minimum, places) }),
    ...(maximum === undefined ? {} : { maximum: decimal(maximum, places) }),
  };
}

/** Without the patterns that only repeat a format, and without bounds that are just those of a double. */
function clean(schema: JsonSchema): JsonSchema {
  const out: JsonSchema = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === "pattern" && schema.format !== undefined && schema.format !== "date-time") continue;
    if ((key === "minimum" || key === "maximum") && Math.abs(value as number) === Number.MAX_SAFE_INTEGER)
      continue;
    // zod's pattern of a time fills half a page; what it adds to the format is that times are UTC.
    out[key] = key === "pattern" && schema.format === "date-time" ? "Z$" : cleanMember(key, value);
  }
  return isFlag(out)
    ? { type: "boolean", ...(out.default === undefined ? {} : { default: out.default }) }
    : out;
}

function cleanMember(key: string, value: unknown): unknown {
  if (key === "properties") {
    return Object.fromEntries(
      Object.entries(value as Record<string, JsonSchema>).map(([name, one]) => [name, clean(one)]),
    );
  }
  if (key === "anyOf" || key === "oneOf") return (value as JsonSchema[]).map(clean);
  return key === "items" ? clean(value as JsonSchema) : value;
}

function isFlag({ anyOf }: JsonSchema): boolean {
  return Array.isArray(anyOf) && anyOf.length === 2 && String(anyOf[1]?.enum) === "true,false";
}
