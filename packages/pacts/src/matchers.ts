import { MatchersV3 } from "@pact-foundation/pact";
import type { Contract } from "@quartermaster/contracts";
import { z } from "zod";
import type { Example } from "./examples";

/** What of a JSON Schema decides how a value is matched. */
interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  type?: string;
  format?: string;
}

/** These decide what a consumer does next, so that their value matters. All else is matched by its type and format. */
const decisive = new Set(["status", "paymentStatus", "state", "code", "ok"]);

// Of formats only: the contract's own patterns may use what Pact's regular expressions do not know.
const formats: Record<string, RegExp> = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
  date: /^\d{4}-\d\d-\d\d$/,
  email: /^[^@\s]+@[^@\s]+$/,
};

/**
 * What a consumer expects, as Pact matchers around the example: its fields, or only those that it relies on.
 *
 * @param on dotted paths such as `lines.sku`, where lists are looked through; `new.` is an object of whatever fields.
 *   Everything when absent.
 */
export function expectedOf(contract: Contract, example: Example, on?: readonly string[]): unknown {
  if (example.refusal) return matcherOf(undefined, example.refusal);
  const part = contract.kind === "event" ? contract.body : contract.answer;
  const value = contract.kind === "event" ? example.body : example.answer;
  const schema = z.toJSONSchema(part, { io: "output", unrepresentable: "any" }) as Schema;
  return matcherOf(schema, on ? only(value, on) : value);
}

/** The value without the fields that nobody relies on. A path that it does not have is another example's. */
function only(value: unknown, paths: readonly string[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((entry) => only(entry, paths));
  const kept: Record<string, unknown> = {};
  for (const [field, below] of Object.entries(value)) {
    const start = `${field}.`;
    const inside = paths.filter((path) => path.startsWith(start)).map((path) => path.slice(start.length));
    if (paths.includes(field)) kept[field] = below;
    else if (inside.length > 0) kept[field] = only(below, inside);
  }
  return kept;
}

function matcherOf(schema: Schema | undefined, value: unknown, within: Within = {}): unknown {
  const rule = branchOf(schema, value);
  if (value === null) return null;
  if (Array.isArray(value)) return listMatcher(rule?.items, value, within);
  if (typeof value === "object") {
    // Nothing of it is relied on, or the contract leaves its fields open: any object will do.
    if (Object.keys(value).length === 0 || (rule && !rule.properties)) return MatchersV3.like({});
    return Object.fromEntries(
      Object.entries(value).map(([field, below]) => [
        field,
        matcherOf(rule?.properties?.[field], below, { ...within, field }),
      ]),
    );
  }
  if (rule?.const !== undefined || decisive.has(within.field ?? "")) return value;
  if (typeof value === "string") return textMatcher(rule, value);
  if (typeof value === "number")
    return Number.isInteger(value) ? MatchersV3.integer(value) : MatchersV3.number(value);
  return MatchersV3.like(value);
}

interface Within {
  /** The field that holds the value. */
  field?: string;
  /** Inside a list each entry may be of another kind: one without entries below it is as good. */
  list?: boolean;
}

/**
 * A list with entries is expected to have some. Fields that not every entry has are not relied on; entries of which one has
 * null where another has a value (the first price has no predecessor) are expected one by one, in their order.
 */
function listMatcher(schema: Schema | undefined, value: readonly unknown[], within: Within): unknown {
  if (value.length === 0) return MatchersV3.like([]);
  const entries = inCommon(value);
  const matchers = entries.map((entry) => matcherOf(schema, entry, { list: true }));
  if (new Set(entries.map(shapeOf)).size > 1) return matchers;
  return MatchersV3.atLeastLike(matchers[0], within.list ? 0 : 1, 1);
}

function inCommon(entries: readonly unknown[]): readonly unknown[] {
  if (entries.some((entry) => typeof entry !== "object" || entry === null)) return entries;
  const fields = (entry: unknown) => Object.entries(entry as object);
  const inAll = (field: string) => entries.every((entry) => field in (entry as object));
  return entries.map((entry) => Object.fromEntries(fields(entry).filter(([field]) => inAll(field))));
}

function shapeOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  if (Array.isArray(value)) return "list";
  return JSON.stringify(Object.entries(value).map(([field, below]) => [field, shapeOf(below)]));
}

function textMatcher(rule: Schema | undefined, value: string): unknown {
  if (rule?.enum) return MatchersV3.regex(`^(${rule.enum.join("|")})$`, value);
  const format = formats[rule?.format ?? ""];
  return format ? MatchersV3.regex(format, value) : MatchersV3.string(value);
}

/** Of a schema with alternatives the one that the value is of: not null, and with the value's constants. */
function branchOf(schema: Schema | undefined, value: unknown): Schema | undefined {
  const branches = schema?.anyOf ?? schema?.oneOf;
  if (!branches) return schema;
  const fits = (branch: Schema) =>
    branch.type !== "null" &&
    Object.entries(branch.properties ?? {}).every(
      ([field, { const: constant }]) =>
        constant === undefined || (value as Record<string, unknown> | null)?.[field] === constant,
    );
  return branchOf(branches.find(fits), value);
}
