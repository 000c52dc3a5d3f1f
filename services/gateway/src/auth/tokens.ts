import {
  AccessClaims,
  accessTokenSecondsMax,
  tokenAudience,
  tokenIssuer,
  tokenType,
} from "@quartermaster/contracts";
import jwt from "jsonwebtoken";
import { LRUCache } from "lru-cache";
import type { z } from "zod";
import { problem } from "../http/problem";
import type { KeySet } from "./key-set";

export type Claims = z.infer<typeof AccessClaims>;

export interface TokenVerifier {
  /** Who the token says it is. Throws a 401 problem for one that is not ours, and a Fault when no key can be had. */
  verify(token: string): Claims | Promise<Claims>;
}

// Ours have about 500 characters; a longer one need not be decoded to be refused.
const tokenLengthMax = 4_096;
const cachedMax = 10_000;
const clockToleranceS = 5;
const maxKidLength = 100;

/**
 * Verifies ES256 access tokens (RFC 9068): algorithm pinned, `iss`, `aud`, `typ`, `kid` and the claims' shape checked. A
 * signature costs about 80 microseconds, so a verified token is remembered until it expires or its key is withdrawn.
 */
export function tokenVerifier(keys: KeySet): TokenVerifier {
  const verified = new LRUCache<string, Verified>({ max: cachedMax });
  return {
    verify: (token) => {
      const known = verified.get(token);
      if (known && known.expiresAtMs > Date.now() && keys.has(known.kid)) return known.claims;
      return remember(token);
    },
  };

  async function remember(token: string): Promise<Claims> {
    const fresh = await verifySignature(token, keys);
    verified.set(token, fresh);
    return fresh.claims;
  }
}

interface Verified {
  claims: Claims;
  kid: string;
  expiresAtMs: number;
}

async function verifySignature(token: string, keys: KeySet): Promise<Verified> {
  if (token.length > tokenLengthMax) throw invalid("The access token is too long to be one of ours.");
  const kid = keyId(token);
  const key = await keys.find(kid);
  if (!key) throw invalid("The access token was signed with a key that is not ours.");
  const payload = check(token, key);
  const claims = AccessClaims.safeParse(payload);
  const { exp, iat } = payload;
  if (!claims.success || exp === undefined || iat === undefined)
    throw invalid("The access token lacks claims that it must have.");
  if (exp - iat > accessTokenSecondsMax + clockToleranceS)
    throw invalid("The access token is made to last longer than any of ours.");
  return { claims: claims.data, kid, expiresAtMs: exp * 1_000 };
}

function keyId(token: string): string {
  const header = jwt.decode(token, { complete: true })?.header;
  if (header?.alg !== "ES256" || header.typ !== tokenType) {
    throw invalid("The access token is not an ES256 token of the right type.");
  }
  if (typeof header.kid !== "string" || header.kid.length > maxKidLength)
    throw invalid("The access token names no key.");
  return header.kid;
}

function check(token: string, key: Parameters<typeof jwt.verify>[1]): jwt.JwtPayload {
  try {
    return jwt.verify(token, key as jwt.Secret, {
      algorithms: ["ES256"],
      issuer: tokenIssuer,
      audience: tokenAudience,
      clockTolerance: clockToleranceS,
    }) as jwt.JwtPayload;
  } catch (error) {
    if (error instanceof jwt.TokenExpiredError)
      throw invalid("The access token has expired; refresh it or log in again.");
    throw invalid("The access token is not valid.");
  }
}

function invalid(detail: string) {
  return problem("invalid_token", detail, {
    headers: { "WWW-Authenticate": `Bearer realm="quartermaster", error="invalid_token"` },
  });
}
