import type { AnswerOf, AskOf, Meta, OpsContract } from "@quartermaster/contracts";
import type { SaidWith } from "./outbox";
import type { Reader, Tx } from "./sql";

/** A no to an operator: a sentence that says why, and what to do instead where that is known. */
export class Declined {
  constructor(readonly why: string) {}
}

/** What an act has come to: the answer, and what the audit is told. */
export interface Acted<Answer = unknown> {
  /** Declined where something was changed all the same, such as a count of failures. */
  readonly answer: Answer | Declined;
  /** What was acted on: the id of a saga or a letter, the name of an instance. */
  readonly entityId: string;
  /** What changed, as it was before; null where there was nothing. */
  readonly old: Readonly<Record<string, unknown>> | null;
  readonly values: Readonly<Record<string, unknown>>;
  /** Events beside the one that tells of the act. */
  readonly said?: readonly SaidWith[];
}

/** The act's transaction: what the operator did is said in it, so that an act that is not in the audit did not happen. */
type Act<C extends OpsContract> = (
  tx: Tx,
  ask: AskOf<C>,
  meta: Meta,
) => Promise<Acted<AnswerOf<C>> | Declined>;

export type OpsHandler =
  | {
      readonly kind: "show";
      readonly contract: OpsContract;
      run(db: Reader, ask: unknown): Promise<unknown>;
    }
  | {
      readonly kind: "act";
      readonly contract: OpsContract;
      run: Act<OpsContract>;
      readonly failed: ((error: unknown) => Act<OpsContract>) | undefined;
    };

/** Serves a verb that only shows something. */
export function shows<C extends OpsContract>(
  contract: C,
  run: (db: Reader, ask: AskOf<C>) => Promise<AnswerOf<C> | Declined>,
): OpsHandler {
  return { kind: "show", contract, run: run as (db: Reader, ask: unknown) => Promise<unknown> };
}

/**
 * Serves a verb that changes something, in one transaction. `meta` names the operator. `failed` has a transaction of its
 * own, for what is worth keeping of an act that failed by a defect.
 */
export function acts<C extends OpsContract>(
  contract: C,
  run: Act<C>,
  options: { failed?: (error: unknown) => Act<C> } = {},
): OpsHandler {
  if (!contract.isAct) throw new Error(`${contract.verb} is not declared as an act`);
  return {
    kind: "act",
    contract,
    run: run as unknown as Act<OpsContract>,
    failed: options.failed as unknown as ((error: unknown) => Act<OpsContract>) | undefined,
  };
}
