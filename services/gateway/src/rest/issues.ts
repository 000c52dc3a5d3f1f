import type { z } from "zod";

/** One entry of a problem's `errors[]`: where, in REST names, and a sentence that helps. */
export interface FieldError {
  field: string;
  message: string;
}

const errorsMax = 20;
const nameMax = 80;
type Issue = z.core.$ZodIssue;

/** What is wrong with the input, for people; at most twenty entries. `whole` names the input itself, such as "body". */
export function fieldErrors(error: z.ZodError, input: unknown, whole: string): FieldError[] {
  // One sentence per field: the last one is the narrowest where several bounds are passed.
  const errors = new Map<string, FieldError>();
  for (const issue of error.issues) {
    const found = issue.code === "unrecognized_keys" ? unknownFields(issue) : [one(issue, input, whole)];
    for (const entry of found) errors.set(entry.field, entry);
    if (errors.size >= errorsMax) break;
  }
  return [...errors.values()].slice(0, errorsMax);
}

function one(issue: Issue, input: unknown, whole: string): FieldError {
  const field = pathText(issue.path) || whole;
  return { field, message: `${field} ${sentence(issue, valueAt(input, issue.path))}.` };
}

function unknownFields(issue: Issue & { code: "unrecognized_keys" }): FieldError[] {
  return issue.keys.slice(0, errorsMax).map((key) => {
    const field = pathText([...issue.path, key.slice(0, nameMax)]);
    return { field, message: `${field} is not a field of this request.` };
  });
}

// Whatever else a client calls a field is shown in quotes.
const plainName = /^[A-Za-z0-9_-]+$/;

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const name = plainName.test(String(part)) ? String(part) : JSON.stringify(String(part));
    return text === "" ? name : `${text}.${name}`;
  }, "");
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

const typeNames: Record<string, string> = {
  int: "a whole number",
  number: "a number",
  string: "a text",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

const formatNames: Record<string, string> = {
  uuid: "a UUID",
  email: "an email address",
  datetime: "a UTC time such as 2026-01-31T12:00:00Z",
  date: "a day such as 2026-01-31",
};

function sentence(issue: Issue, value: unknown): string {
  if (issue.code !== "custom" && value === undefined) return "is required";
  switch (issue.code) {
    case "invalid_type":
      return `must be ${typeNames[issue.expected] ?? `of type ${issue.expected}`}`;
    case "too_small":
      return bound(issue.origin, Number(issue.minimum), "at least");
    case "too_big":
      return bound(issue.origin, Number(issue.maximum), "at most");
    case "invalid_format":
      if (formatNames[issue.format]) return `must be ${formatNames[issue.format]}`;
      return issue.pattern ? `must match ${issue.pattern}` : "does not have the right form";
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}`;
    case "invalid_union":
      return isFlag(issue) ? "must be true or false" : "does not have one of the allowed forms";
    case "custom":
      return issue.message;
    default:
      return "is not valid";
  }
}

function isFlag(issue: Issue & { code: "invalid_union" }): boolean {
  return issue.errors.flat().some((inner) => inner.code === "invalid_type" && inner.expected === "boolean");
}

function bound(origin: string, limit: number, direction: "at least" | "at most"): string {
  if (origin === "string") {
    if (limit === 1 && direction === "at least") return "must not be empty";
    return `must have ${direction} ${limit} characters`;
  }
  if (origin === "array") return `must have ${direction} ${limit} ${limit === 1 ? "entry" : "entries"}`;
  return `must be ${direction} ${limit}`;
}
