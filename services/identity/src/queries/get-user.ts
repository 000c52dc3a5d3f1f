import { GetUser } from "@quartermaster/contracts";
import { type Meta, refuse, reply } from "@quartermaster/messaging";
import { findUser } from "../store/users";

/** A user sees itself; administrators and services see everybody. Nobody else learns who exists. */
export const getUser = reply(GetUser, async (db, { id }, meta) => {
  const user = maySee(meta, id) ? await findUser(db, id) : undefined;
  return user ?? refuse("not_found");
});

function maySee({ actor }: Meta, id: string): boolean {
  if (actor.kind === "user") return actor.id === id || actor.role === "ADMIN";
  return actor.kind !== "anonymous";
}
