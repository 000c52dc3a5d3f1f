import { decimal } from "./decimals";
import { restField } from "./names";

export interface ToRest {
  /** False shows null for what ends in E4: those are costs, which not every role may see (DOMAIN.md, Identity). */
  costs: boolean;
  /** False shows null for who wrote a record. */
  staff: boolean;
}

const everything: ToRest = { costs: true, staff: true };
const staffNames = new Set(["createdBy", "updatedBy", "changedBy"]);

/** A message's value as REST shows it: snake_case names, amounts as decimals. Runs on every answer. */
export function toRest(value: unknown, options: ToRest = everything): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((entry) => toRest(entry, options));
  const rest: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const { name, places } = restField(key);
    const field = (value as Record<string, unknown>)[key];
    if (!options.staff && staffNames.has(key)) rest[name] = null;
    else if (typeof field === "number") {
      if (places === 0) rest[name] = field;
      else rest[name] = places === 4 && !options.costs ? null : decimal(field, places);
    } else if (typeof field === "object" && field !== null) rest[name] = toRest(field, options);
    else rest[name] = field;
  }
  return rest;
}
