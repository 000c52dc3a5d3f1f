import type { CountedProcess } from "./cpu";
import type { RowChecks } from "./invariants";
import type { LoadResult } from "./load";
import type { Shape, TargetName } from "./settings";

/** Something that takes orders, started and filled with products. */
export interface Target {
  readonly name: TargetName;
  /** Whether it is measured with orders of this shape. */
  takes(shape: Shape): boolean;
  /** Its processes apart from Postgres, which all targets share. */
  processes(): readonly CountedProcess[];
  /** Offers orders for so many seconds. */
  load(shape: Shape, seconds: number): Promise<LoadResult>;
  /** Waits until nothing is left to do, for instance events on their way to the audit. Milliseconds it took. */
  settle(): Promise<number>;
  /** How many orders its tables hold. */
  countOrders(): Promise<number>;
  readonly rows: RowChecks;
  /** A sentence for each thing wrong that only a look at the whole can find. */
  brokenAtTheEnd?(): Promise<string[]>;
  stop(): Promise<void>;
}
