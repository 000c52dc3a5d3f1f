import { decodeCursor } from "@quartermaster/process";
import type { DocumentKey } from "../store/document-lists";

/** The place that a cursor of ours names; undefined when it is not one of ours. */
export function keyIn(cursor: string): DocumentKey | undefined {
  const [series, number, ...more] = decodeCursor(cursor) ?? [];
  if (typeof series !== "string" || !Number.isSafeInteger(number) || more.length > 0) return undefined;
  return [series, number as number];
}

/** The place of an invoice or credit note in its list. Its number is unique within its series: INV-000042 is the 42nd. */
export function keyOf({ series, number }: { series: string; number: string }): DocumentKey {
  return [series, Number(number.slice(number.lastIndexOf("-") + 1))];
}
