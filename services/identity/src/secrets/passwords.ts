import { hash, verify } from "@node-rs/argon2";

// OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes and one lane. About 20 ms of one core.
const cost = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Some 5 s of work for one core: who comes later is told to wait, since a gateway gives up soon after. */
const waitingMax = 200;

/** Too many passwords wait to be hashed. */
export class HashingBusy extends Error {
  override name = "HashingBusy";
}

export interface Passwords {
  /** Hashes a new password. Throws HashingBusy. */
  hash(password: string): Promise<string>;
  /**
   * Runs `work` when it is its turn, and lets it verify a password there. Against no hash it does the same work and says
   * no, so that an unknown user takes the time of a known one. Throws HashingBusy.
   */
  inTurn<T>(
    work: (verify: (stored: string | null, password: string) => Promise<boolean>) => Promise<T>,
  ): Promise<T>;
}

/** Hashing with a bounded number at once and a bounded queue: it is the cheapest thing to flood a login with. */
export async function openPasswords(atOnceMax: number): Promise<Passwords> {
  const nobodys = await hash("the password of nobody", cost);
  const matches = async (stored: string | null, password: string) => {
    const right = await verify(stored ?? nobodys, password);
    return right && stored !== null;
  };
  const turn = turns(atOnceMax);
  return {
    hash: (password) => turn(() => hash(password, cost)),
    inTurn: (work) => turn(() => work(matches)),
  };
}

function turns(atOnceMax: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= atOnceMax) {
      if (waiting.length >= waitingMax)
        throw new HashingBusy(`${waitingMax} passwords wait to be hashed already`);
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // The turn is handed on, so that nobody who comes now overtakes those who wait.
      if (next) next();
      else running -= 1;
    }
  };
}
