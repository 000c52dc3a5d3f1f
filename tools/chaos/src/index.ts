export { type Violation, violations } from "./invariants/checker";
