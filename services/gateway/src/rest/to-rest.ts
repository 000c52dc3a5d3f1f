import { decimal } from "./decimals";
import { restField } from "./names";

export interface ToRest {
  /** False shows null for what ends in E4: those are costs, which not every role may see (DOMAIN.md, Identity). */
  costs: boolean;
  /** False shows null for who wrote a record. */
  staff: boolean;
}

const everything: ToRest = { costs: true, staff: true };

/** A message's value as REST shows it: snake_case names, amounts as decimals. */
export function toRest(value: unknown, options: ToRest = everything): unknown {
  return JSON.parse(toRestJson(value, options));
}

/**
 * The same as JSON text. Runs on every answer: to write the text at once costs two thirds of what it costs to build the
 * object first. The value came out of JSON, or might have: no dates, no infinities.
 */
export function toRestJson(value: unknown, options: ToRest = everything): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "object" || value === null) return String(value);
  let members = "";
  if (Array.isArray(value)) {
    for (const entry of value) members += `,${toRestJson(entry, options)}`;
    return `[${members.slice(1)}]`;
  }
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined) continue;
    const { json, places, staff } = restField(key);
    members += json;
    // The leaves, which are most of all values, are written here: a call for each would cost a third more.
    if (member === null || (staff && !options.staff)) members += "null";
    else if (typeof member === "string") members += quoted(member);
    else if (typeof member !== "number") members += toRestJson(member, options);
    else if (places === 0) members += member;
    else members += places === 4 && !options.costs ? "null" : decimal(member, places);
  }
  return `{${members.slice(1)}}`;
}

// All but what JSON never escapes. Halves of surrogate pairs are escaped when they stand alone.
const escaped = /[^ !#-[\]-\ud7ff\ue000-\uffff]/;

function quoted(text: string): string {
  return escaped.test(text) ? JSON.stringify(text) : `"${text}"`;
}
