import { RegisterUser, type Role, UserRegistered } from "@quartermaster/contracts";
import { type Command, done, handle, newId, type Outcome, refuse, type Tx } from "@quartermaster/messaging";
import { decideRole } from "../domain/registration";
import type { AttemptLimits } from "../secrets/attempt-limits";
import { HashingBusy, type Passwords } from "../secrets/passwords";
import { insertUsers, type NewUser, takenEmails } from "../store/users";
import { tooMany } from "./too-many";

interface Prepared {
  role: Role;
  passwordHash: string;
}
type Registering = Command<typeof RegisterUser, Prepared>;

/** The password is hashed, and the role decided, before the transaction: hashing inside would hold its locks for long. */
export function registerUser(parts: {
  passwords: Passwords;
  limits: AttemptLimits;
  anybodyMayChooseRole: boolean;
}) {
  return handle(RegisterUser, register, {
    prepare: async ({ ask, meta }) => {
      const decided = decideRole(ask.role, meta.actor, parts.anybodyMayChooseRole);
      if ("refusal" in decided) return refuse(decided.refusal, { role: ask.role });
      const waitSeconds =
        meta.actor.kind === "anonymous" ? await parts.limits.registration(meta.actor) : null;
      if (waitSeconds !== null) return tooMany(waitSeconds);
      try {
        return { role: decided.role, passwordHash: await parts.passwords.hash(ask.password) };
      } catch (error) {
        if (error instanceof HashingBusy) return tooMany(1);
        throw error;
      }
    },
  });
}

async function register(tx: Tx, commands: Registering[]): Promise<Outcome<typeof RegisterUser>[]> {
  const users = commands.map(toUser);
  const registered = await insertUsers(tx, users);
  const refused = users.filter((user) => !registered.has(user.id));
  const taken =
    refused.length > 0
      ? await takenEmails(
          tx,
          refused.map((user) => user.email),
        )
      : new Set();
  return users.map((user) => {
    if (registered.has(user.id)) return welcome(user);
    return refuse(taken.has(user.email) ? "email_taken" : "username_taken");
  });
}

function toUser({ ask, meta, prepared }: Registering): NewUser {
  return {
    id: newId(),
    email: ask.email,
    username: ask.username ?? null,
    passwordHash: prepared.passwordHash,
    role: prepared.role,
    customerId: prepared.role === "CUSTOMER" ? newId() : null,
    createdBy: meta.actor.name ?? meta.actor.id,
  };
}

function welcome({ id, email, username, role, customerId }: NewUser) {
  const fields = { id, email, username, role, status: "ACTIVE" as const, customerId, vehicleNo: null };
  return done(
    { id, email, role, customerId },
    UserRegistered.of({ entityId: id, version: 1, old: null, new: fields }),
  );
}
