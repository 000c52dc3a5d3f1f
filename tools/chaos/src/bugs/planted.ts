import { messagingBugs } from "./messaging-bugs";
import type { Seam } from "./seams";
import { serviceBugs } from "./service-bugs";

/** A bug that somebody could make, and the check that has to notice it. */
export interface PlantedBug {
  readonly name: string;
  readonly about: string;
  /** The name of the check. */
  readonly caughtBy: string;
  /** How the claim begins that has to fail, one of these: a bug that is noticed by chance is not caught. */
  readonly by: readonly string[];
  /** `planted` is to be called where the bug takes its place in a running process. */
  readonly seam: (planted: () => void) => Seam;
}

export const plantedBugs: readonly PlantedBug[] = [...messagingBugs, ...serviceBugs];
