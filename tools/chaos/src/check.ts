import type { Arena, ArenaOptions } from "./arena/arena";
import type { Random } from "./random";
import type { Recorder } from "./report/recorder";

/** What a check has to work with. */
export interface Ground<Sizes> {
  readonly size: Sizes;
  readonly isFull: boolean;
  readonly random: Random;
  readonly record: Recorder;
  /** Of this check and seed; it goes with the check, and is kept when the check fails. */
  readonly folder: string;
  /** A progress line. */
  say(sentence: string): void;
  /** A stack of real processes on a data folder of its own, which is ended with the check, and kept when the check fails. */
  openArena(options?: ArenaOptions & { record?: Recorder }): Promise<Arena>;
  /** Before the check ends, for one that opens many. */
  closeArena(arena: Arena): Promise<void>;
}

/** One check of RELIABILITY.md. It joins by being declared and standing in the list of `checks/index.ts`. */
export interface Check<Sizes = unknown> {
  /** What CHECK= takes. */
  readonly name: string;
  /** Its number in RELIABILITY.md. */
  readonly number: number;
  /** A sentence: what is done, and what has to hold. */
  readonly about: string;
  readonly sizes: {
    readonly reduced: Sizes;
    readonly full: Sizes;
    /** As small as it can be and still catch the planted bugs that name this check. */
    readonly hunt?: Sizes;
  };
  /** Throws, or records a claim that does not hold, when the check fails. */
  run(ground: Ground<Sizes>): Promise<void>;
}

/** Declares a check; its sizes are whatever it measures itself by. */
export function check<Sizes>(declared: Check<Sizes>): Check {
  return declared as unknown as Check;
}
