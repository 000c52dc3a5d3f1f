import type { CommandContract } from "@quartermaster/contracts";
import type { Note, Reason } from "./saga";

/**
 * FORWARD does steps, FENCING waits for the verdict on a pivot in doubt, BACK undoes steps in reverse.
 * DONE: every step happened. UNDONE: none is left.
 */
export type Phase = "FORWARD" | "FENCING" | "BACK" | "DONE" | "UNDONE";

/** A step has up to three messages, each with its own command id. */
export type CallKind = "do" | "undo" | "fence";

/** All that the next move depends on; times in milliseconds since 1970. It is a value: moves make a new one. */
export interface SagaState<Data> {
  readonly id: string;
  /** Grows with every move; a write of a move is a compare-and-set on it. */
  readonly version: number;
  readonly phase: Phase;
  /** The step whose answer is awaited. */
  readonly step: number;
  /** How often the awaited message was sent. */
  readonly attempts: number;
  /** When the awaited message was sent first, and last. */
  readonly since: number;
  readonly sentAt: number;
  /** When somebody should look at the saga again; null once it has ended. */
  readonly dueAt: number | null;
  readonly reason: Reason | null;
  /** What became of the last attempt of the awaited message, where that was not its answer. */
  readonly failure: string | null;
  /** What the ids of its messages are derived from, where an operator had them made anew; else its own id. */
  readonly anew: string | null;
  readonly data: Data;
}

export type Input =
  | { readonly kind: "answered"; readonly step: number; readonly call: CallKind; readonly answer: unknown }
  | { readonly kind: "refused"; readonly step: number; readonly call: CallKind; readonly reason: Reason }
  | { readonly kind: "due"; readonly failure?: string }
  /** Asks again now. `anew` is a fresh id, for a receiver that refuses the old one as too old. */
  | { readonly kind: "retry"; readonly anew?: string }
  | { readonly kind: "stop"; readonly reason: Reason };

/** A message to send once the move is durable. Its command id is `derivedId(saga id, n)`, or that of `anew`. */
export interface Sending {
  readonly step: number;
  readonly call: CallKind;
  readonly n: number;
  readonly contract: CommandContract;
  readonly ask: unknown;
}

/** What an input leads to: the new state, the local writes that belong into the same transaction, what is sent after it. */
export interface Move<Data> {
  readonly state: SagaState<Data>;
  readonly locals: readonly string[];
  readonly sends: readonly Sending[];
  readonly notes: readonly Note[];
}

/** Which of its step's messages a saga waits for. */
export function callIn(phase: Phase): CallKind {
  return phase === "FENCING" ? "fence" : phase === "BACK" ? "undo" : "do";
}

export function hasEnded(phase: Phase): boolean {
  return phase === "DONE" || phase === "UNDONE";
}
