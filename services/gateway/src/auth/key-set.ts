import { createPublicKey, type KeyObject } from "node:crypto";
import type { AnswerOf, GetJwks } from "@quartermaster/contracts";

export type Jwks = AnswerOf<typeof GetJwks>;

/** Identity's public keys, as this gateway knows them. */
export interface KeySet {
  /** The key of that id; reads the set again when it is unknown, but not more often than allowed. */
  find(kid: string): Promise<KeyObject | undefined>;
  /** Whether the key of that id is in the set now. */
  has(kid: string): boolean;
  /** The set as identity published it; undefined until it was read once. */
  published(): Jwks | undefined;
  refresh(): Promise<void>;
}

/** A flood of forged tokens with made-up key ids must not become a flood of questions to identity. */
const refreshEveryMs = 5_000;

/** Keeps what `read` answers. A failed read keeps the keys that are known; `read` throws a Fault then. */
export function keySet(read: () => Promise<Jwks>, now: () => number = Date.now): KeySet {
  let jwks: Jwks | undefined;
  let keys = new Map<string, KeyObject>();
  let triedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;

  async function readOnce(): Promise<void> {
    const found = await read();
    keys = new Map(found.keys.map((jwk) => [jwk.kid, createPublicKey({ key: { ...jwk }, format: "jwk" })]));
    jwks = found;
  }

  function refresh(): Promise<void> {
    triedAt = now();
    running ??= readOnce().finally(() => {
      running = undefined;
    });
    return running;
  }

  return {
    find: async (kid) => {
      const known = keys.get(kid);
      if (known) return known;
      const due = jwks === undefined || now() - triedAt >= refreshEveryMs;
      try {
        await (running ?? (due ? refresh() : undefined));
      } catch (error) {
        // With keys at hand an unknown key is a bad token; without any, nobody can tell.
        if (jwks === undefined) throw error;
      }
      return keys.get(kid);
    },
    has: (kid) => keys.has(kid),
    published: () => jwks,
    refresh,
  };
}
