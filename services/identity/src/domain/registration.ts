import { type Actor, type Role, roleNamed } from "@quartermaster/contracts";

export type Registration = { role: Role } | { refusal: "unknown_role" | "forbidden" };

/**
 * Which role a registration gives. Anybody may become a CUSTOMER; every other role is given by an administrator, by
 * identity itself (the first administrator), or by the flag that demonstrations set.
 */
export function decideRole(name: string, actor: Actor, anybodyMayChoose: boolean): Registration {
  const role = roleNamed(name);
  if (!role) return { refusal: "unknown_role" };
  const trusted =
    actor.kind === "user" ? actor.role === "ADMIN" : actor.kind === "service" && actor.id === "identity";
  return role === "CUSTOMER" || trusted || anybodyMayChoose ? { role } : { refusal: "forbidden" };
}
