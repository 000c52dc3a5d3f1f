import type { Action } from "@quartermaster/contracts";

/**
 * One record as it is stored, before it has its place in the chain. Times are ISO 8601 in UTC with milliseconds; `oldValues` and `newValues` are
 * the JSON text that arrived, null for none.
 */
export interface Link {
  source: string;
  epoch: number;
  seq: number;
  at: string;
  recordedAt: string;
  actorKind: string;
  userId: string;
  userName: string | null;
  role: string | null;
  ip: string | null;
  action: Action;
  entity: string;
  recordId: string;
  version: number;
  event: string;
  description: string;
  oldValues: string | null;
  newValues: string | null;
  requestId: string | null;
}

/** A link in its place: positions run from 1 without a gap, `hash` is 64 lower-case hex digits. */
export interface ChainedLink extends Link {
  position: number;
  hash: string;
}

/** Where a chain stands: the position of its last link, and that link's hash. */
export interface ChainHead {
  position: number;
  hash: string;
}
