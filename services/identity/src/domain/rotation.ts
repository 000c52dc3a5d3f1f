import { createHash, createHmac } from "node:crypto";
import { graceSeconds, refreshTokenSeconds } from "./lifetimes";

/** A refresh token as it is stored, and the session and user that it belongs to. Times in milliseconds. */
export interface StoredToken {
  hash: string;
  sessionId: string;
  usedAt: number | null;
  /** Null until the token is used. */
  successorSalt: Buffer | null;
  expiresAt: number;
}

export interface StoredSession {
  id: string;
  userId: string;
  /** Not ended, not past its last moment, and its user still active in the epoch in which it logged in. */
  alive: boolean;
  endsAt: number;
}

export interface Exchange {
  sessionId: string;
  usedHash: string;
  salt: Buffer;
  successorHash: string;
  successorExpiresAt: number;
}

export type Rotation =
  | { kind: "rotated"; sessionId: string; successor: string; exchange: Exchange }
  /** An honest race: the successor that the token was exchanged for already. */
  | { kind: "repeated"; sessionId: string; successor: string }
  | { kind: "reused"; sessionId: string }
  | { kind: "refused" };

/** What is stored of a token, in hex. */
export function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/**
 * The token that follows from a token and the salt of its exchange. It needs both: the salt alone is in the database,
 * the token alone with whoever was given it, so neither of them can compute it.
 */
export function successorOf(token: string, salt: Buffer): string {
  return createHmac("sha256", token).update(salt).digest("base64url");
}

/**
 * What a presented token is worth. `tokens` holds it and its recent relatives by hash, and is kept up to date, so that
 * two presentations in one batch see each other. `salt` is fresh randomness for an exchange.
 */
export function rotate(
  presented: string,
  known: { tokens: Map<string, StoredToken>; sessions: Map<string, StoredSession> },
  now: number,
  salt: Buffer,
): Rotation {
  const token = known.tokens.get(hashOf(presented));
  const session = token && known.sessions.get(token.sessionId);
  if (!token || !session?.alive) return { kind: "refused" };
  if (token.usedAt !== null) {
    if (now - token.usedAt <= graceSeconds * 1000) return repeat(presented, known.tokens, session.id);
    session.alive = false;
    return { kind: "reused", sessionId: session.id };
  }
  if (token.expiresAt <= now) return { kind: "refused" };
  const successor = successorOf(presented, salt);
  const exchange: Exchange = {
    sessionId: session.id,
    usedHash: token.hash,
    salt,
    successorHash: hashOf(successor),
    successorExpiresAt: Math.min(now + refreshTokenSeconds * 1000, session.endsAt),
  };
  note(exchange, token, known.tokens, now);
  return { kind: "rotated", sessionId: session.id, successor, exchange };
}

function note(exchange: Exchange, token: StoredToken, tokens: Map<string, StoredToken>, now: number): void {
  token.usedAt = now;
  token.successorSalt = exchange.salt;
  tokens.set(exchange.successorHash, {
    hash: exchange.successorHash,
    sessionId: exchange.sessionId,
    usedAt: null,
    successorSalt: null,
    expiresAt: exchange.successorExpiresAt,
  });
}

/** Follows the exchanges to the token that is still unused: everything after a token in its grace is younger than it. */
function repeat(presented: string, tokens: Map<string, StoredToken>, sessionId: string): Rotation {
  let current = presented;
  for (let token = tokens.get(hashOf(current)); token?.successorSalt; token = tokens.get(hashOf(current))) {
    current = successorOf(current, token.successorSalt);
  }
  return { kind: "repeated", sessionId, successor: current };
}
