import { v7 } from "uuid";

/** A new message or entity id: a v7 uuid, ordered by time. */
export function newId(): string {
  return v7();
}

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The moment inside a v7 uuid, in milliseconds since 1970; undefined when it is not one (lower case). */
export function timeOfId(id: string): number | undefined {
  if (!pattern.test(id)) return undefined;
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/**
 * The n-th id that belongs to another one: same time, same inputs same result. A saga's commands need no ids of their
 * own in the database: they are durable as soon as the saga is. n is 1 to 4095, xored into the last twelve bits, so
 * that two ids collide only where the other 62 random bits already do.
 */
export function derivedId(id: string, n: number): string {
  if (!Number.isInteger(n) || n < 1 || n > 0xfff) throw new RangeError(`derivedId takes 1 to 4095, not ${n}`);
  const tail = Number.parseInt(id.slice(-3), 16) ^ n;
  return id.slice(0, -3) + tail.toString(16).padStart(3, "0");
}
