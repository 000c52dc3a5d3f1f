import type { CountedProcess } from "./cpu";
import type { LoadResult } from "./load";
import type { Shape, TargetName } from "./settings";

/** Something that takes orders, started and filled with products. */
export interface Target {
  readonly name: TargetName;
  /** Its processes apart from Postgres, which all targets share. */
  processes(): readonly CountedProcess[];
  /** Offers orders for so many seconds. */
  load(shape: Shape, seconds: number): Promise<LoadResult>;
  /** Waits until nothing is left to do, for instance events on their way to the audit. Milliseconds it took. */
  settle(): Promise<number>;
  /**
   * One sentence for each invariant that does not hold, over all orders so far: `answered` with 201, and at most
   * `cutOffMax` more whose answer the end of a load has cut off.
   */
  brokenInvariants(answered: number, cutOffMax: number): Promise<string[]>;
  stop(): Promise<void>;
}
