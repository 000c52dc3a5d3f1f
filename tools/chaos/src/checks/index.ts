import type { Check } from "../check";
import { brokerAmnesia } from "./broker-amnesia";
import { crashPoints } from "./crash-points";
import { gapless } from "./gapless";
import { killStorm } from "./kill-storm";
import { messageChaos } from "./message-chaos";
import { oversell } from "./oversell";
import { directedRaces } from "./races";
import { zombies } from "./zombies";

/** Every check, in the order in which they run. A new one joins here. */
export const checks: readonly Check[] = [
  crashPoints,
  killStorm,
  brokerAmnesia,
  messageChaos,
  zombies,
  directedRaces,
  oversell,
  gapless,
];
