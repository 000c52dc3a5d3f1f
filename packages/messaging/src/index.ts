export { texts } from "./arrays";
export { type Answered, type Asker, type Asking, type AskOptions, askerOver } from "./asker";
export { Defect } from "./commands";
export { Fault, isFault } from "./fault";
export * from "./handler";
export { serviceActor } from "./headers";
export * from "./ids";
export { commandLaneLimits, type LaneLimits } from "./lane";
export { operatorAccountOf, operatorOf } from "./operator";
export { type Acted, acts, Declined, type OpsHandler, shows } from "./ops-handler";
export type { SaidWith } from "./outbox";
export * from "./outcome";
export {
  operatorImports,
  operatorRights,
  type Parties,
  probeRights,
  type Rights,
  serviceRights,
} from "./rights";
export * from "./service";
export { type Reader, type Statement, sql, type Tx } from "./sql";
