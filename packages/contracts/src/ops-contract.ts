import { z } from "zod";
import { type ServiceName, serviceNames } from "./contract";

/** Why an operator acts: it stands in the audit beside the operator's name. */
export const Reason = z
  .string("an act needs a reason, for the audit")
  .trim()
  .min(1, "an act needs a reason, for the audit")
  .max(500)
  // Neither a log nor a terminal nor Postgres is to be surprised by it.
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, "a reason is one line of plain text");

/**
 * A verb of the operators' console. It is declared once for all services that serve it, on `ops.<service>.<verb>`; a verb
 * of instances is served on `ops.<service>.<instance>.<verb>` too, by that process alone.
 */
export interface OpsContract<Ask extends z.ZodType = z.ZodType, Answer extends z.ZodType = z.ZodType> {
  readonly kind: "ops";
  /** For instance `dead-letters`. */
  readonly verb: string;
  readonly services: readonly ServiceName[];
  /** One sentence for people. */
  readonly about: string;
  readonly ask: Ask;
  readonly answer: Answer;
  /** An act changes something: it takes a reason and an operator with a name, and stands in the audit. */
  readonly isAct: boolean;
  /** `one`: any instance answers. `each`: all do, and each on a subject of its own too. `named`: one, or the one that is named. */
  readonly instances: "one" | "each" | "named";
  /** Services ask it of each other too. */
  readonly forServices: boolean;
}

interface Parts<Shape, Answer> {
  about: string;
  /** The fields of the ask. One that is not among them is refused: a misspelt filter must not show everything. */
  ask: Shape;
  answer: Answer;
  /** Default: every service. */
  of?: readonly ServiceName[];
  instances?: OpsContract["instances"];
  forServices?: boolean;
}

type Shape = Readonly<Record<string, z.ZodType>>;

/** Declares a verb that only shows something. */
export function show<Ask extends Shape, Answer extends z.ZodType>(
  verb: string,
  parts: Parts<Ask, Answer>,
): OpsContract<z.ZodObject<Ask>, Answer> {
  return declared(verb, parts, false);
}

/** Declares a verb that changes something. Its ask gets a `reason`. */
export function act<Ask extends Shape, Answer extends z.ZodType>(
  verb: string,
  parts: Parts<Ask, Answer>,
): OpsContract<z.ZodObject<Ask & { reason: typeof Reason }>, Answer> {
  return declared(verb, { ...parts, ask: { ...parts.ask, reason: Reason } }, true);
}

function declared<Ask extends Shape, Answer extends z.ZodType>(
  verb: string,
  parts: Parts<Ask, Answer>,
  isAct: boolean,
): OpsContract<z.ZodObject<Ask>, Answer> {
  if (!/^[a-z]+(-[a-z]+)*$/.test(verb))
    throw new Error(`"${verb}" is no verb: small letters, with dashes between words`);
  const { about, answer, of = serviceNames, instances = "one", forServices = false } = parts;
  const ask: z.ZodObject = z.object(parts.ask);
  return {
    kind: "ops",
    verb,
    services: of,
    about,
    // Another version of a service may know more fields.
    ask: (forServices ? ask : ask.strict()) as z.ZodObject<Ask>,
    answer,
    isAct,
    instances,
    forServices,
  };
}
