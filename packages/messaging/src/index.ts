// Declared in contracts, where consumers' tests without servers know them too; a service meets them here.
export {
  type Answered,
  type Asker,
  type AskOptions,
  Defect,
  Fault,
  type Heard,
  type Meta,
} from "@quartermaster/contracts";
export { texts } from "./arrays";
export { type Asking, askerOver } from "./asker";
export { isFault } from "./fault";
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
