import { z } from "zod";
import type { Contract } from "./contract";
import type { OpsContract } from "./ops-contract";

export type JsonSchema = Record<string, unknown>;

/** A part of a message that has a shape of its own. */
export interface Part {
  /** `ask` and `answer` of a request, `body` of an event. */
  name: "ask" | "answer" | "body";
  schema: JsonSchema;
}

// What zod writes beside these formats is the same rule once more, as a pattern nobody can read.
const formatsThatSayIt = new Set(["date", "date-time", "email", "uuid"]);

/** The parts of a message: what may be sent of an ask, what will be received of an answer or an event. */
export function partsOf(contract: Contract | OpsContract): Part[] {
  if (contract.kind === "event") return [{ name: "body", schema: schemaOf(contract.body, "output") }];
  return [
    { name: "ask", schema: schemaOf(contract.ask, "input") },
    { name: "answer", schema: schemaOf(contract.answer, "output") },
  ];
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): JsonSchema {
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
  const { $schema: _, ...rules } = schemaOf(schema.out as z.ZodType, io);
  return rules;
}
