import { z } from "zod";
import { decimal, scaled } from "./decimals";
import { restField } from "./names";

/**
 * The REST form of a message's schema: takes snake_case names and decimals, refuses unknown fields, and parses to the
 * message's own shape. Issues carry REST paths. Built once per route; it throws for a schema that it cannot translate,
 * so that a new contract fails when the gateway starts and not when it is called.
 */
export function restIn(schema: z.ZodType): z.ZodType {
  return translate(schema, 0);
}

type Places = 0 | 2 | 4;
// zod's definitions are a union of some thirty shapes; each case below reads the members that its type has.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Definition = any;

const leaves = new Set(["string", "boolean", "enum", "literal", "number"]);

function translate(schema: z.ZodType, places: Places): z.ZodType {
  const def: Definition = schema._zod.def;
  switch (def.type) {
    case "object":
      return restObject(schema as z.ZodObject);
    case "optional":
      return translate(def.innerType, places).optional();
    case "nullable":
      return translate(def.innerType, places).nullable();
    case "default":
      return withDefault(def, places);
    case "array":
      return restArray(z.array(translate(def.element, places)).check(...(def.checks ?? [])));
    case "union":
      return z.union(def.options.map((option: z.ZodType) => translate(option, places)));
    case "unknown":
      return scalar;
    case "pipe":
      return places === 0 ? pipe(schema) : restDecimal(schema, places);
  }
  if (!leaves.has(def.type)) throw new Error(`a field of type ${def.type} has no REST form yet`);
  return places === 0 ? schema : restDecimal(schema, places);
}

/** Looks at the length first: a list that is refused for it must not cost a look at every entry. */
function restArray(list: z.ZodType): z.ZodType {
  const { $schema: _, ...shown } = z.toJSONSchema(list, { io: "input", unrepresentable: "any" });
  const { maxItems } = shown;
  if (maxItems === undefined) throw new Error("a list without a greatest length has no REST form");
  const bounded = (input: unknown, context: z.RefinementCtx) => {
    if (!Array.isArray(input) || input.length <= maxItems) return input;
    context.issues.push({ code: "too_big", origin: "array", maximum: maxItems, inclusive: true, input });
    return z.NEVER;
  };
  return z.preprocess(bounded, list).meta(shown);
}

// Such a field is only looked at to be refused; a tree of any depth need not travel for that.
const scalar = z.union([z.string().max(1_000), z.number(), z.boolean(), z.null()]);

// A pipe stays as it is as long as it holds no names: trimmed emails, numbers and flags out of query strings. OpenAPI
// would show its beginning only; what the end demands is told as well.
function pipe(schema: z.ZodType): z.ZodType {
  const { in: start, out: end }: { in: z.ZodType; out: z.ZodType } = schema._zod.def as Definition;
  for (const { type } of [start._zod.def, end._zod.def]) {
    if (type !== "transform" && type !== "pipe" && !leaves.has(type)) {
      throw new Error(`a pipe over ${type} has no REST form yet`);
    }
  }
  if (!leaves.has(end._zod.def.type)) return schema;
  const { $schema: _, ...demanded } = z.toJSONSchema(end);
  return schema.meta(demanded);
}

function withDefault(def: Definition, places: Places): z.ZodType {
  const inner = translate(def.innerType, places);
  // A prefault goes through the translation like what a client sends, and so appears in OpenAPI as clients write it.
  if (places !== 0) return inner.prefault(decimal(def.defaultValue, places) as never);
  return inner.default(def.defaultValue);
}

function restObject(schema: z.ZodObject): z.ZodType {
  if ((schema._zod.def as Definition).checks?.length)
    throw new Error("an object with refinements has no REST form yet");
  const shape: Record<string, z.ZodType> = {};
  const renamed: [from: string, to: string][] = [];
  for (const [key, field] of Object.entries(schema.shape)) {
    const { name, places } = restField(key);
    if (shape[name]) throw new Error(`two fields are called ${name} in REST`);
    shape[name] = translate(field as z.ZodType, places);
    renamed.push([name, key]);
  }
  const strict = z.strictObject(shape);
  if (renamed.every(([from, to]) => from === to)) return strict;
  return strict.transform((value: Record<string, unknown>) => {
    const message: Record<string, unknown> = {};
    for (const [from, to] of renamed) if (value[from] !== undefined) message[to] = value[from];
    return message;
  });
}

function restDecimal(leaf: z.ZodType, places: 2 | 4): z.ZodType {
  const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = z.toJSONSchema(leaf);
  const bounds = `must be between ${decimal(minimum, places)} and ${decimal(maximum, places)}`;
  return z
    .any()
    .transform((input, context) => {
      const wrong = (message: string) => {
        context.issues.push({ code: "custom", message, input });
        return z.NEVER;
      };
      if (input === undefined) return wrong("is required");
      const read = scaled(input, places);
      if ("wrong" in read) return wrong(read.wrong);
      return read.value < minimum || read.value > maximum ? wrong(bounds) : read.value;
    })
    .meta({
      description: `A decimal with at most ${places} places, as a number or a string.`,
      anyOf: [
        { type: "number", minimum: decimal(minimum, places), maximum: decimal(maximum, places) },
        { type: "string", pattern: `^\\d+(\\.\\d{1,${places}})?$`, maxLength: 40 },
      ],
    });
}
