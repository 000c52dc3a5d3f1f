import { randomBytes } from "node:crypto";
import type { AnswerOf, LogIn } from "@quartermaster/contracts";
import { accessTokenSeconds } from "../domain/lifetimes";
import { signAccessToken, type TokenUser } from "./access-token";
import type { SigningKey } from "./signing-keys";

/** 32 random bytes. Only its hash is kept. */
export function newRefreshToken(): string {
  return randomBytes(32).toString("base64url");
}

/** What a login and a refresh answer. */
export function tokensFor(user: TokenUser, refreshToken: string, key: SigningKey): AnswerOf<typeof LogIn> {
  return {
    accessToken: signAccessToken(user, key),
    tokenType: "bearer",
    expiresIn: accessTokenSeconds,
    refreshToken,
  };
}
