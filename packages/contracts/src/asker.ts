import type { AnswerOf, AskOf, RefusalOf, Request } from "./contract";
import type { Meta } from "./heard";
import type { RefusalDetails, UniversalRefusal } from "./refusals";

/** What a request came to: an answer, a business no, or "accepted" (durable, not decided within the wait). */
export type Answered<C extends Request> =
  | { answer: AnswerOf<C> }
  | {
      refusal: {
        code: RefusalOf<C> | UniversalRefusal;
        message: string;
        details: RefusalDetails;
      };
    }
  | { accepted: true };

export interface AskOptions {
  /** The command's identity; the same id may be asked again and gets the same answer. A new one when absent. */
  id?: string;
  meta: Meta;
  timeoutMs: number;
  /** How long the receiver may wait for a saga before it answers "accepted". */
  waitMs?: number;
}

/**
 * How a consumer asks, whatever carries its messages: services ask over NATS (packages/messaging), tests in memory
 * (`@quartermaster/contracts/testing`).
 */
export interface Asker {
  /** Asks one service. Rejects with a Fault when there is no answer (which says nothing about the effect), a Defect for a bug. */
  ask<C extends Request>(contract: C, ask: AskOf<C>, options: AskOptions): Promise<Answered<C>>;
}
