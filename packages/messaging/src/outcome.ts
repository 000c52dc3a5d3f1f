import type {
  AnswerOf,
  CommandContract,
  QueryContract,
  RefusalCode,
  RefusalDetails,
  RefusalOf,
  Said,
} from "@quartermaster/contracts";

/** An answer and the events that it caused. */
export interface Done<Answer = unknown> {
  readonly kind: "done";
  readonly answer: Answer;
  readonly said: readonly Said[];
}

/** A business no. It is stored and repeated like an answer. */
export interface Refused<Code extends RefusalCode = RefusalCode> {
  readonly kind: "refused";
  readonly code: Code;
  readonly details: RefusalDetails;
  readonly said: readonly Said[];
}

/** The command is durable and being worked on; its reply is stored later, by `settle`. */
export interface Accepted {
  readonly kind: "accepted";
  readonly said: readonly Said[];
}

export type Outcome<C extends CommandContract = CommandContract> =
  | Done<AnswerOf<C>>
  | Refused<RefusalOf<C>>
  | Accepted;
export type QueryOutcome<C extends QueryContract> = AnswerOf<C> | Refused<RefusalOf<C>>;

/** The command was carried out. */
export function done<Answer>(answer: Answer, ...said: Said[]): Done<Answer> {
  return { kind: "done", answer, said };
}

/** The command is refused, for a reason from the contract's list, with facts that a program can read. */
export function refuse<const Code extends RefusalCode>(
  code: Code,
  details: RefusalDetails = {},
  ...said: Said[]
): Refused<Code> {
  return { kind: "refused", code, details, said };
}

/** The command's intent is durable; a saga will settle it. */
export function accepted(...said: Said[]): Accepted {
  return { kind: "accepted", said };
}

export function isRefused(value: unknown): value is Refused {
  return (
    typeof value === "object" && value !== null && (value as Refused).kind === "refused" && "code" in value
  );
}
