import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { type Role, tokenAudience, tokenIssuer, tokenType } from "@quartermaster/contracts";
import jwt from "jsonwebtoken";

/** A signing key as identity has them. */
export interface SigningKey {
  kid: string;
  privateKey: KeyObject;
  jwk: { kty: "EC"; crv: "P-256"; x: string; y: string; kid: string; alg: "ES256"; use: "sig" };
}

export function signingKey(kid: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const pem = privateKey.export({ format: "pem", type: "pkcs8" });
  return {
    kid,
    privateKey: createPrivateKey(pem),
    jwk: { kty: "EC", crv: "P-256", x, y, kid, alg: "ES256", use: "sig" },
  };
}

export interface Person {
  sub: string;
  role: Role;
  customerId?: string;
}

/** An access token as identity signs them; `changes` makes it hostile. */
export function tokenFor(
  person: Person,
  key: SigningKey,
  changes: { claims?: object; header?: Partial<jwt.JwtHeader>; options?: jwt.SignOptions } = {},
): string {
  const claims = {
    sub: person.sub,
    name: `${person.role.toLowerCase()}@example.com`,
    role: person.role,
    epoch: 0,
  };
  const own = person.customerId ? { customerId: person.customerId } : {};
  return jwt.sign({ ...claims, ...own, ...changes.claims }, key.privateKey, {
    algorithm: "ES256",
    issuer: tokenIssuer,
    audience: tokenAudience,
    expiresIn: 3_600,
    ...changes.options,
    header: { alg: "ES256", typ: tokenType, kid: key.kid, ...changes.header },
  });
}
