/** How a message's field is called in REST, and in what unit it arrives there. */
export interface RestField {
  /** snake_case, without the suffix that names the unit. */
  readonly name: string;
  /** The name as JSON writes it between the member before and its value: `,"name":`. */
  readonly json: string;
  /** Decimal places of an amount or cost; 0 for everything else. */
  readonly places: 0 | 2 | 4;
  /** Says who wrote a record. */
  readonly staff: boolean;
}

const known = new Map<string, RestField>();
// Field names come from contracts and from audited values: a closed world, but a bound costs nothing.
const knownMax = 5_000;

/**
 * `totalAmountMinor` is `total_amount` with 2 places, `unitCostE4` is `unit_cost` with 4 (DOMAIN.md, Conventions:
 * messages carry integers, REST shows decimals).
 */
export function restField(key: string): RestField {
  const found = known.get(key);
  if (found) return found;
  const field = translate(key);
  if (known.size < knownMax) known.set(key, field);
  return field;
}

function translate(key: string): RestField {
  if (/.Minor$/.test(key)) return fieldOf(key.slice(0, -"Minor".length), 2);
  if (/.E4$/.test(key)) return fieldOf(key.slice(0, -"E4".length), 4);
  return fieldOf(key, 0);
}

const staffNames = new Set(["created_by", "updated_by", "changed_by"]);

function fieldOf(key: string, places: RestField["places"]): RestField {
  const name = snakeCase(key);
  return { name, json: `,${JSON.stringify(name)}:`, places, staff: staffNames.has(name) };
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter, at: number) => (at === 0 ? "" : "_") + letter.toLowerCase());
}
