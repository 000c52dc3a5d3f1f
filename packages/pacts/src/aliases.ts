import { newId } from "@quartermaster/messaging";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
let made = 0;

/**
 * The ids and names of one interaction's examples, and what stands for them in the database that all interactions share: a
 * provider makes its ids itself, and a SKU can be taken only once. What goes in is translated, what comes out is translated
 * back, so that a pact may even expect the very id of its example.
 */
export class Aliases {
  private readonly real = new Map<unknown, unknown>();
  private readonly example = new Map<unknown, unknown>();

  /** From now on `real` stands for the example's value. */
  bind(example: unknown, real: unknown): void {
    if (example === undefined || example === null) return;
    this.real.set(example, real);
    this.example.set(real, example);
  }

  /** What stands for a text that has to be new; the same again when it is asked for again. */
  fresh(example: string): string {
    const known = this.real.get(example);
    if (typeof known === "string") return known;
    made += 1;
    const text = uuid.test(example) ? newId() : `${made}.${example}`;
    this.bind(example, text);
    return text;
  }

  /** Makes new what stands in these fields, wherever they are. */
  freshen(value: unknown, fields: ReadonlySet<string>): void {
    walk(value, (field, below) => {
      if (fields.has(field) && typeof below === "string") this.fresh(below);
    });
  }

  toReal<T>(value: T): T {
    return translated(value, "", this.real) as T;
  }

  toExample<T>(value: T): T {
    return translated(value, "", this.example) as T;
  }
}

/** Numbers are ids only in fields that say so: a product 12 is not a quantity of 12. */
function translated(value: unknown, field: string, words: ReadonlyMap<unknown, unknown>): unknown {
  if (typeof value === "string") return words.get(value) ?? value;
  if (typeof value === "number") return /(^id|Id)$/.test(field) ? (words.get(value) ?? value) : value;
  if (Array.isArray(value)) return value.map((entry) => translated(entry, field, words));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, below]) => [name, translated(below, name, words)]),
  );
}

function walk(value: unknown, visit: (field: string, below: unknown) => void): void {
  if (typeof value !== "object" || value === null) return;
  for (const [field, below] of Object.entries(value)) {
    visit(field, below);
    walk(below, visit);
  }
}
