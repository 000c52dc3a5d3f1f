import { LogOut, UserLoggedOut } from "@quartermaster/contracts";
import { type Command, done, handle, type Tx } from "@quartermaster/messaging";
import { hashOf } from "../domain/rotation";
import { endSessions, lockSessionsOf } from "../store/sessions";

/** Any token of the family ends it, also one that was used already; what is unknown or over is answered alike. */
export const logOut = handle(LogOut, async (tx: Tx, commands: Command<typeof LogOut, undefined>[]) => {
  const hashes = commands.map((command) => hashOf(command.ask.refreshToken));
  const { tokens, sessions } = await lockSessionsOf(tx, hashes);
  const ended: string[] = [];
  const outcomes = hashes.map((hash) => {
    const session = sessions.get(tokens.get(hash)?.sessionId ?? "");
    if (!session?.alive || ended.includes(session.id)) return done({});
    ended.push(session.id);
    const { userId, userVersion, email } = session;
    return done({}, UserLoggedOut.of({ entityId: userId, version: userVersion, old: null, new: { email } }));
  });
  await endSessions(tx, ended, "logged-out");
  return outcomes;
});
