import { decodeCursor, encodeCursor } from "@quartermaster/process";
import type { DocumentKey, Listed } from "../store/document-lists";

/** The place that a cursor of ours names; undefined when it is not one of ours. */
export function keyIn(cursor: string): DocumentKey | undefined {
  const [series, number, ...more] = decodeCursor(cursor) ?? [];
  if (typeof series !== "string" || !Number.isSafeInteger(number) || more.length > 0) return undefined;
  return [series, number as number];
}

/** One page out of a list that was read one row further than the page goes, to know whether another follows. */
export function pageFrom<Document>(listed: readonly Listed<Document>[], limit: number) {
  const page = listed.slice(0, limit);
  const last = page.at(-1);
  return {
    data: page.map(({ document }) => document),
    next: last !== undefined && listed.length > limit ? encodeCursor(last.key) : null,
  };
}
