import type {
  AskOf,
  CommandContract,
  EventContract,
  FieldsOf,
  Heard,
  Meta,
  QueryContract,
  RefusalOf,
  Said,
} from "@quartermaster/contracts";
import type { OpsHandler } from "./ops-handler";
import type { Outcome, QueryOutcome, Refused } from "./outcome";
import type { Reader, Tx } from "./sql";

export interface Command<C extends CommandContract = CommandContract, Prepared = unknown> {
  /** A v7 uuid made by the sender: the command's identity, however often it is sent. */
  readonly id: string;
  readonly ask: AskOf<C>;
  readonly meta: Meta;
  readonly prepared: Prepared;
}

export interface CommandHandler {
  readonly kind: "command";
  readonly contract: CommandContract;
  readonly prepare: ((command: { id: string; ask: unknown; meta: Meta }) => Promise<unknown>) | undefined;
  run(tx: Tx, commands: Command[]): Promise<Outcome[]>;
}

export interface QueryHandler {
  readonly kind: "query";
  readonly contract: QueryContract;
  run(db: Reader, ask: unknown, meta: Meta): Promise<unknown>;
}

export interface EventHandler {
  readonly kind: "event";
  /** Null hears every event of every service. */
  readonly contract: EventContract | null;
  /** One list per event, in order: what it caused is said in the name of who caused the event. */
  run(tx: Tx, events: Heard[]): Promise<readonly (readonly Said[])[]>;
}

export type Handler = CommandHandler | QueryHandler | EventHandler | OpsHandler;

/**
 * Serves a command. `run` gets a whole batch (1 to 200 commands with distinct ids) inside one transaction and returns
 * one outcome per command, in order. It may see a batch again, or a command that was carried out before, in a transaction
 * that is then rolled back: what shall happen beside the database belongs into `tx.afterCommit`.
 * `prepare` does what must not happen inside the transaction, such as hashing a password; it may run more often than
 * `run`. What it refuses is answered at once and not remembered: sent again later, the same command is judged anew.
 */
export function handle<C extends CommandContract, Prepared = undefined>(
  contract: C,
  run: (tx: Tx, commands: Command<C, Prepared>[]) => Promise<Outcome<C>[]>,
  options: {
    prepare?: (command: {
      id: string;
      ask: AskOf<C>;
      meta: Meta;
    }) => Promise<Prepared | Refused<RefusalOf<C>>>;
  } = {},
): CommandHandler {
  return {
    kind: "command",
    contract,
    prepare: options.prepare as CommandHandler["prepare"],
    run: run as unknown as CommandHandler["run"],
  };
}

/** Serves a query: reads only, answers or refuses. */
export function reply<C extends QueryContract>(
  contract: C,
  run: (db: Reader, ask: AskOf<C>, meta: Meta) => Promise<QueryOutcome<C>>,
): QueryHandler {
  return { kind: "query", contract, run: run as QueryHandler["run"] };
}

/** Hears one kind of event, each exactly once in its effect. `run` returns for each event, in order, what it causes. */
export function on<E extends EventContract>(
  contract: E,
  run: (tx: Tx, events: Heard<FieldsOf<E>>[]) => Promise<readonly (readonly Said[])[]>,
): EventHandler {
  return { kind: "event", contract, run: run as EventHandler["run"] };
}

/** Hears every event of every service, each exactly once in its effect. */
export function onEvery(run: (tx: Tx, events: Heard[]) => Promise<void>): EventHandler {
  return {
    kind: "event",
    contract: null,
    run: async (tx, events) => {
      await run(tx, events);
      return [];
    },
  };
}
