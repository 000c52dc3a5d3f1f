import { randomBytes } from "node:crypto";
import { RefreshToken, TokenReused } from "@quartermaster/contracts";
import { type Command, done, handle, type Outcome, refuse, type Tx } from "@quartermaster/messaging";
import { hashOf, type Rotation, rotate } from "../domain/rotation";
import type { SigningKeys } from "../secrets/signing-keys";
import { tokensFor } from "../secrets/tokens";
import { endSessions, type LockedSession, lockSessionsOf, writeExchanges } from "../store/sessions";

type Refreshing = Command<typeof RefreshToken, undefined>;

export function refreshToken(parts: { keys: SigningKeys }) {
  return handle(RefreshToken, async (tx: Tx, commands: Refreshing[]) => {
    const presented = commands.map((command) => command.ask.refreshToken);
    const known = await lockSessionsOf(tx, presented.map(hashOf));
    const rotations = presented.map((token) => rotate(token, known, known.now, randomBytes(32)));
    await writeExchanges(
      tx,
      rotations.flatMap((one) => (one.kind === "rotated" ? [one.exchange] : [])),
      known.now,
    );
    await endSessions(
      tx,
      rotations.flatMap((one) => (one.kind === "reused" ? [one.sessionId] : [])),
      "token-reused",
    );
    return rotations.map((rotation) => outcomeOf(rotation, known.sessions, parts.keys));
  });
}

function outcomeOf(
  rotation: Rotation,
  sessions: Map<string, LockedSession>,
  keys: SigningKeys,
): Outcome<typeof RefreshToken> {
  const session = rotation.kind === "refused" ? undefined : sessions.get(rotation.sessionId);
  if (rotation.kind === "refused" || !session) return refuse("invalid_refresh_token");
  if (rotation.kind !== "reused") {
    return done(tokensFor({ ...session, id: session.userId }, rotation.successor, keys.current()));
  }
  const { userId, userVersion, email } = session;
  const reused = TokenReused.of({ entityId: userId, version: userVersion, old: null, new: { email } });
  return refuse("invalid_refresh_token", {}, reused);
}
