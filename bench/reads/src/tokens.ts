import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { decode, verify } from "jsonwebtoken";
import { LRUCache } from "lru-cache";

const tokensCachedMax = 10_000;

/**
 * Verifies Quartermaster's own access tokens the way that its gateway does: ES256, issuer, audience and type pinned, the
 * key found by its id, a verified token remembered until it expires. Answers with the customer. Throws what jsonwebtoken
 * throws.
 */
export function tokenVerifier(keys: readonly (JsonWebKey & { kid: string })[]): (token: string) => string {
  const byId = new Map<string, KeyObject>(
    keys.map((key) => [key.kid, createPublicKey({ key, format: "jwk" })]),
  );
  const verified = new LRUCache<string, string>({ max: tokensCachedMax });
  return (token) => {
    const known = verified.get(token);
    if (known) return known;
    const header = decode(token, { complete: true })?.header;
    const key = header?.typ === "at+jwt" && header.kid !== undefined ? byId.get(header.kid) : undefined;
    if (!key) throw new Error("token of another type or key");
    const claims = verify(token, key, {
      algorithms: ["ES256"],
      issuer: "quartermaster",
      audience: "quartermaster-api",
    });
    if (typeof claims === "string" || !claims.exp || !claims.customerId)
      throw new Error("token without claims");
    verified.set(token, claims.customerId, { ttl: Math.max(1, claims.exp * 1000 - Date.now()) });
    return claims.customerId;
  };
}
