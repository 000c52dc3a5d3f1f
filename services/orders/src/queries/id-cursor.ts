import { decodeCursor } from "@quartermaster/process";
import { validate } from "uuid";

/** The id that a cursor of ours names; undefined when it is not one of ours. */
export function idIn(cursor: string): string | undefined {
  const [id, ...more] = decodeCursor(cursor) ?? [];
  return validate(id) && more.length === 0 ? (id as string) : undefined;
}
