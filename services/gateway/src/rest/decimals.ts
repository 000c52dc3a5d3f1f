/** An integer of minor units out of a JSON number or a decimal string; or a sentence about what is wrong with it. */
export type Scaled = { value: number } | { wrong: string };

// Longer than any amount that fits (16 digits, sign, point); beyond it nothing needs to be looked at.
const textMax = 40;
const plain = /^(-?)(\d+)(?:\.(\d+))?$/;

/**
 * Scales by text, never by multiplying floats: 19.99 becomes 1999 and 0.29 becomes 29 exactly. JSON numbers in exponent
 * form are read as their shortest text, so 1e2 is 100 and 1e-7 has too many places.
 */
export function scaled(input: unknown, places: number): Scaled {
  if (typeof input !== "number" && typeof input !== "string") return { wrong: "must be a decimal number" };
  if (typeof input === "string" && input.length > textMax) return { wrong: "must be a decimal number" };
  const text = typeof input === "string" ? input.trim() : String(input);
  const parts = plain.exec(text);
  if (!parts) return { wrong: unreadable(input, places) };
  const fraction = parts[3] ?? "";
  if (fraction.length > places) return { wrong: `must have at most ${places} decimal places` };
  const value = Number(`${parts[1]}${parts[2]}${fraction.padEnd(places, "0")}`);
  if (!Number.isSafeInteger(value)) return { wrong: "is too large" };
  return { value: value === 0 ? 0 : value };
}

function unreadable(input: string | number, places: number): string {
  if (typeof input !== "number" || !Number.isFinite(input)) return "must be a decimal number, such as 19.99";
  return Math.abs(input) < 1 ? `must have at most ${places} decimal places` : "is too large";
}

const divisors = { 2: 100, 4: 10_000 } as const;

/** The decimal that an integer of minor units stands for: 1999 is 19.99, 9000 is 90. */
export function decimal(value: number, places: 2 | 4): number {
  return value / divisors[places];
}
