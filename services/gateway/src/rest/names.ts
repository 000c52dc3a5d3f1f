/** How a message's field is called in REST, and in what unit it arrives there. */
export interface RestField {
  /** snake_case, without the suffix that names the unit. */
  readonly name: string;
  /** Decimal places of an amount or cost; 0 for everything else. */
  readonly places: 0 | 2 | 4;
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
  if (/.Minor$/.test(key)) return { name: snakeCase(key.slice(0, -"Minor".length)), places: 2 };
  if (/.E4$/.test(key)) return { name: snakeCase(key.slice(0, -"E4".length)), places: 4 };
  return { name: snakeCase(key), places: 0 };
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter, at: number) => (at === 0 ? "" : "_") + letter.toLowerCase());
}
