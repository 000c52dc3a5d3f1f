import { z } from "zod";
import { type Contract, type Request, refusalCodesOf } from "./contract";
import type { OpsContract } from "./ops-contract";
import { RefusalBody } from "./refusals";

export type JsonSchema = Record<string, unknown>;

/** A part of a message that has a shape of its own. */
export interface Part {
  /** `ask`, `answer` and `refusal` of a request, `body` of an event; an operators' verb has no list of refusals. */
  readonly name: "ask" | "answer" | "refusal" | "body";
  /** JSON Schema 2020-12, self-contained, with an `$id` that stays the same as long as the message has this name. */
  readonly schema: JsonSchema;
}

const known = new Map<Contract | OpsContract, readonly Part[]>();

/** The parts of a message: what may be sent of an ask, what will be received of an answer, a refusal or an event. */
export function partsOf(contract: Contract | OpsContract): readonly Part[] {
  const parts = known.get(contract) ?? schemasOf(contract);
  known.set(contract, parts);
  return parts;
}

function schemasOf(contract: Contract | OpsContract): Part[] {
  const isVerb = contract.kind === "ops";
  const id = isVerb ? `ops.${contract.verb}` : contract.name;
  const subject = isVerb ? `ops.<service>.${contract.verb}` : contract.subject;
  const part = (name: Part["name"], schema: JsonSchema): Part => {
    const { $schema, ...rules } = schema;
    const $id = `urn:quartermaster:${id}:${name}`;
    const title = `${subject} (${name})`;
    return { name, schema: { $schema, $id, title, description: contract.about, ...rules } };
  };
  if (contract.kind === "event") return [part("body", jsonSchemaOf(contract.body, "output"))];
  return [
    part("ask", jsonSchemaOf(contract.ask, "input")),
    part("answer", jsonSchemaOf(contract.answer, "output")),
    ...(isVerb ? [] : [part("refusal", refusalSchema(contract))]),
  ];
}

/** Its codes are examples, not the only ones: see {@link RefusalBody}. */
function refusalSchema(contract: Request): JsonSchema {
  const schema = jsonSchemaOf(RefusalBody, "output");
  const properties = schema.properties as Record<string, JsonSchema>;
  return {
    ...schema,
    properties: { ...properties, code: { ...properties.code, examples: refusalCodesOf(contract) } },
  };
}

// What zod writes beside these formats is the same rule once more, as a pattern nobody can read.
const formatsThatSayIt = new Set(["date", "date-time", "email", "uuid"]);

function jsonSchemaOf(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  return z.toJSONSchema(schema, {
    target: "draft-2020-12",
    io,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      // A newer service may add a field: whoever reads has to take it.
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      delete jsonSchema.propertyNames;
      Object.assign(jsonSchema, endOfPipe(zodSchema, io));
      if (formatsThatSayIt.has(jsonSchema.format ?? "")) delete jsonSchema.pattern;
    },
  }) as JsonSchema;
}

// A number that is coerced, or a text that is trimmed, before the real rule: the real rule is what a sender has to know.
function endOfPipe(schema: unknown, io: "input" | "output"): JsonSchema {
  if (io === "output" || !(schema instanceof z.ZodPipe) || schema.out instanceof z.ZodTransform) return {};
  const { $schema: _, ...rules } = jsonSchemaOf(schema.out as z.ZodType, io);
  return rules;
}
