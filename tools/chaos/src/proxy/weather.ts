import type { Random } from "../random";

/** What may happen to a message on its way, each a probability from 0 to 1. */
export interface Weather {
  readonly dropped: number;
  readonly doubled: number;
  readonly delayed: number;
  /** Passed by the message behind it. */
  readonly reordered: number;
  /** Of those that are delayed, at most. */
  readonly delayMsMax: number;
}

export type Fate =
  | { readonly kind: "passed" | "dropped" | "doubled" | "reordered" }
  | { readonly kind: "delayed"; readonly ms: number };

/** Throws the dice once for one message. */
export function fateIn({ dropped, doubled, delayed, reordered, delayMsMax }: Weather, random: Random): Fate {
  const dice = random.below(1_000_000) / 1_000_000;
  if (dice < dropped) return { kind: "dropped" };
  if (dice < dropped + doubled) return { kind: "doubled" };
  if (dice < dropped + doubled + reordered) return { kind: "reordered" };
  if (dice < dropped + doubled + reordered + delayed)
    return { kind: "delayed", ms: random.between(1, delayMsMax) };
  return { kind: "passed" };
}
