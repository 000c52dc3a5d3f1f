import { createHash } from "node:crypto";
import type { Actor } from "@quartermaster/contracts";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";

/**
 * What one instance lets through. Failures per login and address stop a guesser and leave the owner, who comes from
 * elsewhere, alone; failures per login stop guesses spread over many addresses; attempts per address stop floods.
 */
export const attemptLimits = {
  failuresPerLoginAndIp: { points: 10, duration: 300, blockDuration: 300 },
  failuresPerLogin: { points: 100, duration: 3600, blockDuration: 900 },
  attemptsPerIp: { points: 600, duration: 60 },
  registrationsPerIp: { points: 600, duration: 60 },
} as const;

/** Seconds until the next attempt is worth making; null when there may be one now. */
export type Wait = number | null;

export interface AttemptLimits {
  /** Counts an attempt from the address. */
  attempt(actor: Actor): Promise<Wait>;
  registration(actor: Actor): Promise<Wait>;
  /** Counts a guess before its password is hashed, as if it were wrong. */
  guess(login: string, actor: Actor): Promise<Wait>;
  /** Takes the guess back: it was right. */
  forgive(login: string, actor: Actor): Promise<void>;
}

/** Limits held in memory: each instance counts for itself, and a restart forgets (docs/decisions/0042). */
export function openAttemptLimits(limits = attemptLimits): AttemptLimits {
  const perLoginAndIp = new RateLimiterMemory(limits.failuresPerLoginAndIp);
  const perLogin = new RateLimiterMemory(limits.failuresPerLogin);
  const perIp = new RateLimiterMemory(limits.attemptsPerIp);
  const registrations = new RateLimiterMemory(limits.registrationsPerIp);
  return {
    attempt: (actor) => consume(perIp, addressOf(actor)),
    registration: (actor) => consume(registrations, addressOf(actor)),
    guess: async (login, actor) =>
      (await consume(perLoginAndIp, pairOf(login, actor))) ?? (await consume(perLogin, keyOf(login))),
    forgive: async (login, actor) => {
      await perLoginAndIp.delete(pairOf(login, actor));
      await perLogin.reward(keyOf(login));
    },
  };
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<Wait> {
  try {
    await limiter.consume(key);
    return null;
  } catch (limited) {
    if (!(limited instanceof RateLimiterRes)) throw limited;
    return Math.max(1, Math.ceil(limited.msBeforeNext / 1000));
  }
}

const addressOf = (actor: Actor) => actor.ip ?? `${actor.kind} ${actor.id}`;
// People type passwords into the login's field: a digest keeps them out of memory dumps, and bounds the key.
const keyOf = (login: string) => createHash("sha256").update(login.toLowerCase()).digest("base64url");
const pairOf = (login: string, actor: Actor) => `${keyOf(login)} ${addressOf(actor)}`;
