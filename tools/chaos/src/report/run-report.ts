import type { Machine } from "@quartermaster/servers";
import type { CheckReport } from "./recorder";

/** What the figures were taken on; no name of the machine, no path. */
export interface Platform extends Machine {
  readonly nats: string;
  readonly commit: string;
}

/** One check as it was run. */
export interface CheckRun {
  readonly name: string;
  readonly number: number;
  readonly about: string;
  readonly sizes: unknown;
  readonly seconds: number;
  readonly passed: boolean;
  /** What was thrown, when the check could not go on. */
  readonly error?: string;
  /** How to have it again; for a check that failed. */
  readonly again?: string;
  /** Data directories and logs of the failing cycle. */
  readonly kept?: readonly string[];
  readonly report: CheckReport;
}

/** A run of `make chaos`, as it is written as JSON. */
export interface RunReport {
  readonly seed: number;
  readonly size: "reduced" | "full";
  readonly startedAt: string;
  readonly seconds: number;
  readonly platform: Platform;
  readonly checks: readonly CheckRun[];
}
