import type { Check } from "../check";
import { brokerAmnesia } from "./broker-amnesia";
import { bugBank } from "./bug-bank";
import { change } from "./change";
import { crashPoints } from "./crash-points";
import { gapless } from "./gapless";
import { httpIdempotency } from "./http-idempotency";
import { keyRotation } from "./key-rotation";
import { killStorm } from "./kill-storm";
import { messageChaos } from "./message-chaos";
import { overload } from "./overload";
import { oversell } from "./oversell";
import { poison } from "./poison";
import { directedRaces } from "./races";
import { restore } from "./restore";
import { rights } from "./rights";
import { sagaModel } from "./saga-model";
import { tampering } from "./tampering";
import { tokens } from "./tokens";
import { zombies } from "./zombies";

/** What planted bugs can be caught by. */
const hunts: readonly Check[] = [
  crashPoints,
  killStorm,
  brokerAmnesia,
  messageChaos,
  zombies,
  directedRaces,
  oversell,
  gapless,
  httpIdempotency,
  tokens,
  poison,
];

/** Every check, in the order in which they run. A new one joins here, or among the hunts. */
export const checks: readonly Check[] = [
  ...hunts,
  overload,
  change,
  restore,
  sagaModel,
  tampering,
  rights,
  keyRotation,
  bugBank(hunts),
];
