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

/** What the end of sagas leads to: replies to those who wait, and other sagas that take over from here. */
export interface Ending {
  readonly settled: readonly { id: string; outcome: Done | Refused }[];
  readonly begins: readonly Beginning[];
}

/** A saga and what is done in this service's database for it: each local step is one statement for a whole batch. */
export interface Play<Data = never> {
  readonly saga: Saga<Data>;
  /** The writes of the local steps, by name, in the order in which they run when one transaction has several. */
  readonly writes: Readonly<
    Record<string, (tx: Tx, rows: readonly SagaRow<Data>[], now: number) => Promise<readonly SaidWith[]>>
  >;
  readonly ended: (tx: Tx, rows: readonly SagaRow<Data>[], now: number) => Promise<Ending>;
}

/** A play of any saga: the runner knows its data only through the play's own functions. */
export function play<Data>(parts: Play<Data>): Play {
  return parts as unknown as Play;
}

/** An event that a saga says: in the name of who began it, caused by its command. */
export function saidOf(row: SagaRow, said: SaidWith["said"]): SaidWith {
  return { said, meta: { ...row.meta, causation: row.state.id } };
}
