import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Everything that a run leaves to chance comes out of one seed, so that its choices can be repeated. */
export interface Random {
  readonly seed: number;
  /** A whole number from 0 up to, and without, `limit`. */
  below(limit: number): number;
  /** A whole number, both ends included. */
  between(from: number, to: number): number;
  /** True with this probability, from 0 to 1. */
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  shuffle<T>(list: readonly T[]): T[];
  /** A stream of its own, the same for the same name: what one part of a check draws does not move the others. */
  fork(name: string): Random;
}

export function randomOf(seed: number): Random {
  const generator = xoroshiro128plus(seed);
  const between = (from: number, to: number) => uniformInt(generator, from, to);
  const below = (limit: number) => between(0, limit - 1);
  const pick = <T>(from: readonly T[]): T => {
    if (from.length === 0) throw new RangeError("there is nothing to pick from");
    return from[below(from.length)] as T;
  };
  return {
    seed,
    below,
    between,
    chance: (probability) => below(1_000_000) < probability * 1_000_000,
    pick,
    shuffle: (list) => {
      const left = [...list];
      return list.map(() => left.splice(below(left.length), 1)[0] as (typeof left)[number]);
    },
    fork: (name) => randomOf(seedOf(`${seed}/${name}`)),
  };
}

/** FNV-1a over UTF-16 units, as a signed 32-bit number: the generator takes no other seed. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let n = 0; n < text.length; n++) hash = Math.imul(hash ^ text.charCodeAt(n), 0x01000193);
  return hash | 0;
}
