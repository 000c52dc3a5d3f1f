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
export { isFault } from "./fault";
export * from "./handler";
export { serviceActor } from "./headers";
export * from "./ids";
export { commandLaneLimits, type LaneLimits } from "./lane";
export type { SaidWith } from "./outbox";
export * from "./outcome";
export * from "./service";
export { type Reader, type Statement, sql, type Tx } from "./sql";
