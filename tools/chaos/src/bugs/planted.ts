import { messagingBugs } from "./messaging-bugs";
import type { Seam } from "./seams";
import { serviceBugs } from "./service-bugs";

/** What a bug does to whoever uses the platform, as a check finds it. */
export interface Damage {
  /** How the claim begins that has to fail. */
  readonly claim: string;
  /** What its figure has to say. */
  readonly shows: RegExp;
}

/** A bug that somebody could make, and the check that has to notice it. */
export interface PlantedBug {
  readonly name: string;
  readonly about: string;
  /** The name of the check. */
  readonly caughtBy: string;
  /** One of these has to be found: a bug that is noticed by chance, or because a check could not go on, is not caught. */
  readonly by: readonly Damage[];
  /** `reached` is called where the bug does what it should not, each time or once. */
  readonly seam: (reached: () => void) => Seam;
}

export const plantedBugs: readonly PlantedBug[] = [...messagingBugs, ...serviceBugs];
