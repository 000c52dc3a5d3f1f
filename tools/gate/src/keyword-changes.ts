import { isDeepStrictEqual } from "node:util";
import type { JsonSchema } from "@quartermaster/contracts";

/** One difference between two schemas of the same thing. */
export interface Change {
  /** Where: `lines[].quantity`; empty for the whole. */
  path: string;
  /** What: `maximum went from 1000 to 100`. */
  what: string;
  /** Something lawful before is not lawful any more, or means something else: senders break. */
  narrows: boolean;
  /** Something is lawful now that was not before, or does not come any more: readers break. */
  widens: boolean;
}

export const harmless = { narrows: false, widens: false };
export const narrowed = { narrows: true, widens: false };
export const widened = { narrows: false, widens: true };
export const changed = { narrows: true, widens: true };

const annotations = new Set(["$schema", "$id", "title", "description", "examples"]);
const lower = new Set(["minLength", "minimum", "minItems"]);
const upper = new Set(["maxLength", "maximum", "maxItems"]);
const comparedElsewhere = new Set([
  "type",
  "enum",
  "const",
  "default",
  "properties",
  "required",
  "items",
  "additionalProperties",
]);

/** A schema without what is only said about it. */
export function rulesOf(schema: JsonSchema): JsonSchema {
  const { ...rules } = schema;
  for (const name of annotations) delete rules[name];
  return rules;
}

/** Differences in keywords that stand alone: bounds, patterns, formats, and any that is not known here. */
export function keywordChanges(a: JsonSchema, b: JsonSchema, path: string): Change[] {
  const names = new Set([...Object.keys(rulesOf(a)), ...Object.keys(rulesOf(b))]);
  return [...names]
    .filter((name) => !comparedElsewhere.has(name))
    .flatMap((name) => keywordChange(name, a[name], b[name], path));
}

function keywordChange(name: string, before: unknown, now: unknown, path: string): Change[] {
  if (isDeepStrictEqual(before, now)) return [];
  if (before === undefined) return [{ path, what: `${name} ${said(now)} was added`, ...effectOf(name, 1) }];
  if (now === undefined) return [{ path, what: `${name} ${said(before)} is gone`, ...effectOf(name, -1) }];
  const what = `${name} went from ${said(before)} to ${said(now)}`;
  const isTighter = lower.has(name) ? Number(now) > Number(before) : Number(now) < Number(before);
  const isBound = lower.has(name) || upper.has(name);
  return [{ path, what, ...(isBound ? effectOf(name, isTighter ? 1 : -1) : changed) }];
}

function effectOf(keyword: string, direction: 1 | -1) {
  const isKnown = lower.has(keyword) || upper.has(keyword) || keyword === "pattern" || keyword === "format";
  if (!isKnown) return changed;
  return direction === 1 ? narrowed : widened;
}

/** Differences in what `enum` and `const` allow. */
export function valueChanges(a: JsonSchema, b: JsonSchema, path: string): Change[] {
  const [before, now] = [valuesOf(a), valuesOf(b)];
  if (!before && !now) return [];
  if (!before) return [{ path, what: `only ${now?.map(said).join(", ")} are allowed now`, ...narrowed }];
  if (!now) return [{ path, what: `more than ${before.map(said).join(", ")} is possible now`, ...widened }];
  return [
    // Whoever reads may be waiting for it.
    ...before
      .filter((value) => !now.includes(value))
      .map((value) => ({ path, what: `the value ${said(value)} was removed`, ...changed })),
    ...now
      .filter((value) => !before.includes(value))
      .map((value) => ({ path, what: `the value ${said(value)} was added`, ...widened })),
  ];
}

export function valuesOf(schema: JsonSchema): unknown[] | undefined {
  if ("const" in schema) return [schema.const];
  return schema.enum as unknown[] | undefined;
}

/** Who leaves the field out relies on what it is then. */
export function defaultChange(a: JsonSchema, b: JsonSchema, path: string): Change[] {
  if (a.default === undefined || isDeepStrictEqual(a.default, b.default)) return [];
  const what =
    b.default === undefined
      ? `the default ${said(a.default)} is gone`
      : `the default went from ${said(a.default)} to ${said(b.default)}`;
  return [{ path, what, ...narrowed }];
}

export const said = (value: unknown) => JSON.stringify(value);
