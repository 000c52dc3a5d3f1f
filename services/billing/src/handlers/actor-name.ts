import type { Actor } from "@quartermaster/contracts";

/** The name that documents show as their issuer: the actor's name at the time, else its id. */
export function actorName(actor: Actor): string {
  return actor.name ?? actor.id;
}
