import { LogIn, UserLoggedIn } from "@quartermaster/contracts";
import {
  type Command,
  done,
  handle,
  newId,
  type Outcome,
  type Reader,
  refuse,
  type Tx,
} from "@quartermaster/messaging";
import { hashOf } from "../domain/rotation";
import type { AttemptLimits } from "../secrets/attempt-limits";
import { HashingBusy, type Passwords } from "../secrets/passwords";
import type { SigningKeys } from "../secrets/signing-keys";
import { newRefreshToken, tokensFor } from "../secrets/tokens";
import { insertSessions, type NewSession } from "../store/sessions";
import { type ActiveUser, activeUsers, findCredentials } from "../store/users";
import { tooMany } from "./too-many";

/** Who gave the right password, and the hash it was right for; null for everybody else. */
interface Prepared {
  proven: { userId: string; passwordHash: string } | null;
}
type LoggingIn = Command<typeof LogIn, Prepared>;

interface Parts {
  users: Reader;
  passwords: Passwords;
  limits: AttemptLimits;
  keys: SigningKeys;
}

/** An attempt is counted before its password is hashed, so that guessing costs the guesser more than us. */
export function logIn(parts: Parts) {
  return handle(LogIn, (tx, commands: LoggingIn[]) => openSessions(tx, commands, parts.keys), {
    prepare: async ({ ask, meta }) => {
      const waitSeconds = await parts.limits.attempt(meta.actor);
      if (waitSeconds !== null) return tooMany(waitSeconds);
      try {
        return await parts.passwords.inTurn((verify) => prove(parts, verify, ask, meta));
      } catch (error) {
        if (error instanceof HashingBusy) return tooMany(1);
        throw error;
      }
    },
  });
}

/** The same work whoever is named: nobody, a suspended user, or one whose password is wrong. */
async function prove(
  { users, limits }: Parts,
  verify: (stored: string | null, password: string) => Promise<boolean>,
  { login, password }: LoggingIn["ask"],
  { actor }: LoggingIn["meta"],
) {
  const waitSeconds = await limits.guess(login, actor);
  if (waitSeconds !== null) return tooMany(waitSeconds);
  const user = await findCredentials(users, login);
  const right = await verify(user?.passwordHash ?? null, password);
  if (!right || !user?.passwordHash || !user.mayLogIn) return { proven: null };
  await limits.forgive(login, actor);
  return { proven: { userId: user.id, passwordHash: user.passwordHash } };
}

async function openSessions(
  tx: Tx,
  commands: LoggingIn[],
  keys: SigningKeys,
): Promise<Outcome<typeof LogIn>[]> {
  const ids = commands.flatMap(({ prepared }) => (prepared.proven ? [prepared.proven.userId] : []));
  const users = await activeUsers(tx, ids);
  const sessions: NewSession[] = [];
  const outcomes = commands.map(({ prepared, meta }) => {
    const user = users.get(prepared.proven?.userId ?? "");
    // Somebody may have suspended the user or changed the password since it was verified.
    if (!user || user.passwordHash !== prepared.proven?.passwordHash) return refuse("invalid_credentials");
    const refreshToken = newRefreshToken();
    sessions.push(sessionOf(user, refreshToken, meta.actor.ip));
    return done(
      tokensFor(user, refreshToken, keys.current()),
      UserLoggedIn.of({ entityId: user.id, version: user.version, old: null, new: { email: user.email } }),
    );
  });
  await insertSessions(tx, sessions);
  return outcomes;
}

function sessionOf(user: ActiveUser, refreshToken: string, ip: string | undefined): NewSession {
  return {
    id: newId(),
    userId: user.id,
    epoch: user.tokenEpoch,
    ip: ip ?? null,
    tokenHash: hashOf(refreshToken),
  };
}
