import type { z } from "zod";

/** What a message's contract does not allow was about to be sent: the test, or the code that it tests, is wrong. */
export class UnlawfulMessage extends Error {
  override name = "UnlawfulMessage";
}

const problemsMax = 5;

/**
 * Checks a message against its contract. `wire` is what would arrive: the value once through JSON. `parsed` is what its
 * receiver makes of it, with defaults filled in. A field that the contract does not know is a mistake here, though a
 * receiver would take it: in a test it is a misspelt name.
 */
export function lawful(schema: z.ZodType, value: unknown, what: string): { wire: unknown; parsed: unknown } {
  const wire = throughJson(value, what);
  const { data: parsed, error } = schema.safeParse(wire);
  const problems = error
    ? error.issues.map(({ path, message }) => `${pathText(path)}${message}`)
    : unknownIn(wire, parsed, []).map((path) => `${pathText(path)}the contract has no such field`);
  if (problems.length === 0) return { wire, parsed };
  const shown = problems.slice(0, problemsMax).join("; ");
  const more = problems.length > problemsMax ? `; and ${problems.length - problemsMax} more` : "";
  throw new UnlawfulMessage(`${what} breaks its contract: ${shown}${more}`);
}

function throughJson(value: unknown, what: string): unknown {
  try {
    const text = JSON.stringify(value);
    return text === undefined ? undefined : JSON.parse(text);
  } catch (error) {
    throw new UnlawfulMessage(`${what} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** Paths of the fields that reading has left out. */
function unknownIn(wire: unknown, parsed: unknown, path: PropertyKey[]): PropertyKey[][] {
  if (!isObject(wire) || !isObject(parsed)) return [];
  return Object.keys(wire).flatMap((key) =>
    key in parsed ? unknownIn(wire[key], parsed[key], [...path, key]) : [[...path, key]],
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "" : `${path.map(String).join(".")}: `;
}
