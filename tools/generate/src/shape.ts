import type { JsonSchema } from "@quartermaster/contracts";

const safeIntegerMax = Number.MAX_SAFE_INTEGER;
const plural = (n: number, one: string) => `${n} ${one}${n === 1 ? "" : "s"}`;

/** A JSON Schema as a person reads it: one line per field, `?` for what may be absent, bounds behind the type. */
export function shapeOf(schema: JsonSchema, indent = ""): string {
  const { anyOf, oneOf, type } = schema as { anyOf?: JsonSchema[]; oneOf?: JsonSchema[]; type?: string };
  const options = anyOf ?? oneOf;
  if (options) return options.map((one) => shapeOf(one, indent)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (type === "object") return objectShape(schema, indent);
  if (type === "array") return arrayShape(schema, indent);
  if (type === "string") return stringShape(schema);
  if (type === "integer" || type === "number") return numberShape(schema, type);
  return type ?? "anything";
}

function objectShape(schema: JsonSchema, indent: string): string {
  const { properties, required } = schema as { properties?: Record<string, JsonSchema>; required?: string[] };
  const fields = Object.entries(properties ?? {});
  if (fields.length === 0) return schema.additionalProperties ? "{ any field }" : "{}";
  const inner = `${indent}  `;
  const lines = fields.map(([name, field]) => {
    const optional = required?.includes(name) ? "" : "?";
    const preset = "default" in field ? ` = ${JSON.stringify(field.default)}` : "";
    return `${inner}${name}${optional}: ${shapeOf(field, inner)}${preset}`;
  });
  return `{\n${lines.join("\n")}\n${indent}}`;
}

function arrayShape(schema: JsonSchema, indent: string): string {
  const { items, minItems, maxItems } = schema as { items: JsonSchema; minItems?: number; maxItems?: number };
  const element = shapeOf(items, indent);
  const list = element.includes(" | ") && !element.startsWith("{") ? `(${element})[]` : `${element}[]`;
  if (maxItems === undefined) return list;
  return `${list} (${minItems ?? 0} to ${maxItems})`;
}

function stringShape({ format, pattern, minLength, maxLength }: JsonSchema): string {
  if (format !== undefined) return String(format);
  const low = minLength === undefined ? "up" : String(minLength);
  const length = maxLength === undefined ? "" : ` (${low} to ${plural(Number(maxLength), "character")})`;
  return `string${length}${pattern === undefined ? "" : ` matching ${pattern}`}`;
}

function numberShape({ minimum, maximum }: JsonSchema, type: string): string {
  const low = typeof minimum === "number" && minimum > -safeIntegerMax ? minimum : undefined;
  const high = typeof maximum === "number" && maximum < safeIntegerMax ? maximum : undefined;
  if (low !== undefined && high !== undefined) return `${type} (${low} to ${high})`;
  return low === undefined ? type : `${type} (${low} or more)`;
}
