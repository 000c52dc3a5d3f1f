import { type AccessClaims, tokenAudience, tokenIssuer, tokenType } from "@quartermaster/contracts";
import jwt from "jsonwebtoken";
import type { z } from "zod";
import { accessTokenSeconds } from "../domain/lifetimes";
import type { SigningKey } from "./signing-keys";

/** What a token says about its user. */
export interface TokenUser {
  id: string;
  email: string;
  username: string | null;
  role: z.infer<typeof AccessClaims>["role"];
  customerId: string | null;
  tokenEpoch: number;
}

/** An access token as RFC 9068 has it: ES256, `typ: at+jwt`, and the key's `kid` in the header. */
export function signAccessToken(user: TokenUser, key: SigningKey): string {
  const claims: z.infer<typeof AccessClaims> = {
    sub: user.id,
    name: user.username ?? user.email,
    role: user.role,
    epoch: user.tokenEpoch,
    ...(user.customerId ? { customerId: user.customerId } : {}),
  };
  return jwt.sign(claims, key.private, {
    algorithm: "ES256",
    keyid: key.kid,
    header: { alg: "ES256", typ: tokenType },
    issuer: tokenIssuer,
    audience: tokenAudience,
    expiresIn: accessTokenSeconds,
  });
}
