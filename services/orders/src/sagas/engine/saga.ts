import type { AnswerOf, AskOf, CommandContract } from "@quartermaster/contracts";

/** Why a saga turned back, or a local decision's no: a code and the facts that go with it. */
export interface Reason {
  readonly code: string;
  readonly detail?: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A local decision's no. */
export class No {
  constructor(readonly reason: Reason) {}
}

/** One line of the timeline. What a table says over and over is made once, with the table. */
export interface Note {
  readonly kind: "step" | "message" | "status";
  readonly what: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** A message to another service, made from the saga's data. */
export interface Call<Data> {
  readonly contract: CommandContract;
  readonly ask: (data: Data) => unknown;
  readonly asked: Note;
  readonly answered: Note;
}

/** Another service does something. Its undo also fences it: after the undo, a late do is refused by its receiver. */
export interface AskStep<Data> {
  readonly kind: "ask";
  readonly name: string;
  readonly call: Call<Data>;
  readonly keep: (data: Data, answer: never) => Data;
  readonly undo: Call<Data> | null;
  /** What it does is a document in the books. Nobody can vouch by hand for one, nor for its number. */
  readonly isDocument: boolean;
  readonly deadlineMs: number;
}

/** What a fence says of the do that it fences: it will never happen, or it had happened (with its answer). */
export type Verdict = { readonly done: false } | { readonly done: true; readonly answer: unknown };

/** The step behind which there is no way back. While it is in doubt nothing is undone; its fence ends the doubt. */
export interface PivotStep<Data> {
  readonly kind: "pivot";
  readonly name: string;
  readonly call: Call<Data>;
  readonly keep: (data: Data, answer: never) => Data;
  readonly fence: Call<Data> & { readonly verdict: (answer: never) => Verdict };
  readonly deadlineMs: number;
}

/** A write of this service, named here and done in the transaction of the move that reaches it. */
export interface Write {
  readonly name: string;
  /** The step, and the status that it gives to what the saga is about, where it gives one. */
  readonly notes: readonly Note[];
}

/** A step that is a write, and what it is undone by. */
interface LocalStep<Data> extends Write {
  readonly kind: "local";
  readonly decide: (data: Data) => Data | No;
  readonly undo: Write | null;
}

export type Step<Data> = AskStep<Data> | PivotStep<Data> | LocalStep<Data>;

export interface Saga<Data> {
  readonly name: string;
  readonly steps: readonly Step<Data>[];
  /** From this step on a saga only goes forward: the one behind the pivot, or the first one without a pivot. */
  readonly forwardOnlyFrom: number;
  /** The reason that stands on a saga whose deadline passed. */
  readonly overdue: Reason;
}

const day = 86_400_000;

/** A step that asks another service. `keep` puts what is needed of the answer into the saga's data. */
export function ask<Data, C extends CommandContract>(
  contract: C,
  parts: {
    do: (data: Data) => AskOf<C>;
    keep?: (data: Data, answer: AnswerOf<C>) => Data;
    undo?: Call<Data>;
    isDocument?: boolean;
    deadlineMs?: number;
  },
): AskStep<Data> {
  return {
    kind: "ask",
    name: contract.name,
    call: call(contract, parts.do),
    keep: (parts.keep ?? ((data: Data) => data)) as AskStep<Data>["keep"],
    undo: parts.undo ?? null,
    isDocument: parts.isDocument ?? false,
    deadlineMs: parts.deadlineMs ?? day,
  };
}

/** A write of our own. `decide` is pure: it gives the data to go on with, or a {@link No} that turns the saga back. */
export function local<Data>(
  name: string,
  parts: {
    decide?: (data: Data) => Data | No;
    becomes?: string;
    undo?: { name: string; becomes?: string };
  } = {},
): LocalStep<Data> {
  return {
    kind: "local",
    ...writeOf(name, parts.becomes),
    decide: parts.decide ?? ((data) => data),
    undo: parts.undo ? writeOf(parts.undo.name, parts.undo.becomes) : null,
  };
}

function writeOf(name: string, becomes: string | undefined): Write {
  const step: Note = { kind: "step", what: name };
  return { name, notes: becomes === undefined ? [step] : [step, { kind: "status", what: becomes }] };
}

/** The one step that cannot be undone, with the fence that settles it when its answer does not come. */
export function pivot<Data, C extends CommandContract, F extends CommandContract>(
  contract: C,
  parts: {
    do: (data: Data) => AskOf<C>;
    keep?: (data: Data, answer: AnswerOf<C>) => Data;
    fence: { contract: F; ask: (data: Data) => AskOf<F>; verdict: (answer: AnswerOf<F>) => Verdict };
    deadlineMs?: number;
  },
): PivotStep<Data> {
  return {
    kind: "pivot",
    name: contract.name,
    call: call(contract, parts.do),
    keep: (parts.keep ?? ((data: Data) => data)) as PivotStep<Data>["keep"],
    fence: {
      ...call(parts.fence.contract, parts.fence.ask),
      verdict: parts.fence.verdict as (answer: never) => Verdict,
    },
    deadlineMs: parts.deadlineMs ?? day,
  };
}

/** A message and how it is made, for the `undo` of a step. */
export function call<Data, C extends CommandContract>(
  contract: C,
  ask: (data: Data) => AskOf<C>,
): Call<Data> {
  return {
    contract,
    ask,
    asked: { kind: "message", what: `asked ${contract.name}` },
    answered: { kind: "message", what: `answered ${contract.name}` },
  };
}

/**
 * A saga as the table of its steps. Steps before the pivot must have an undo where they ask another service; those
 * behind it have none, for they only go forward. Throws on a table that breaks this rule.
 */
export function saga<Data>(
  name: string,
  steps: readonly Step<Data>[],
  parts: { overdue?: Reason } = {},
): Saga<Data> {
  const pivots = steps.flatMap((step, n) => (step.kind === "pivot" ? [n] : []));
  if (pivots.length > 1) throw new Error(`saga ${name} has ${pivots.length} pivots`);
  const forwardOnlyFrom = pivots[0] === undefined ? 0 : pivots[0] + 1;
  for (const [n, step] of steps.entries()) {
    if (step.kind !== "ask") continue;
    if (n < forwardOnlyFrom && !step.undo)
      throw new Error(`saga ${name}: ${step.name} lies before the pivot, without an undo`);
    if (n >= forwardOnlyFrom && step.undo)
      throw new Error(`saga ${name}: ${step.name} cannot be undone behind the pivot`);
  }
  const overdue = parts.overdue ?? { code: "overdue", details: {} };
  return { name, steps, forwardOnlyFrom, overdue };
}
