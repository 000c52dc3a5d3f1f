import type { Actor } from "@quartermaster/contracts";

/** What created_by and its like keep of who acts: the name at the time, else the id. Columns hold 200 characters. */
export function nameOf(actor: Actor): string {
  return (actor.name ?? actor.id).slice(0, 200);
}
