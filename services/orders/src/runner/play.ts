import type { Done, Meta, Refused, SaidWith, Tx } from "@quartermaster/messaging";
import type { Saga } from "../sagas/engine/saga";
import type { SagaRow, Waiting } from "../store/sagas";

/** A saga about to begin. Its id is that of the command that asked for it. */
export interface Beginning {
  readonly saga: string;
  readonly id: string;
  readonly orderId: string;
  readonly data: unknown;
  readonly meta: Meta;
  readonly waiting?: readonly Waiting[];
}

/** What a write leads to: events, and at a saga's end replies to those who wait, and sagas that take over from here. */
export interface Written {
  readonly said?: readonly SaidWith[];
  readonly settled?: readonly { id: string; outcome: Done | Refused }[];
  readonly begins?: readonly Beginning[];
}

/** A saga and what is done in this service's database for it: each local step is one statement for a whole batch. */
export interface Play<Data = never> {
  readonly saga: Saga<Data>;
  /**
   * The writes of the local steps, by name, in the order in which they run when one transaction has several. The one
   * that ends the saga settles the command that began it.
   */
  readonly writes: Readonly<
    Record<string, (tx: Tx, rows: readonly SagaRow<Data>[], now: number) => Promise<Written>>
  >;
}

/** A play of any saga: the runner knows its data only through the play's own functions. */
export function play<Data>(parts: Play<Data>): Play {
  return parts as unknown as Play;
}
