import type { Asker } from "@quartermaster/messaging";
import { callIn, type Sending } from "../sagas/engine/state";
import type { SagaRow } from "../store/sagas";

type Answered = Awaited<ReturnType<Asker["ask"]>>;

interface Failure extends Pick<Sending, "step" | "call"> {
  readonly attempts: number;
  readonly why: string;
}

/** What an outage does not need to be told: beyond this many, the oldest are forgotten. */
const failuresMax = 1_000;
const whyMax = 300;

/** Why messages got no answer, remembered by the instance that sent them until their sagas are looked at; then the row says it. */
export class Failures {
  private readonly bySaga = new Map<string, Failure>();

  constructor(private readonly max = failuresMax) {}

  /** What was replied takes the place of what went wrong before. */
  heard(row: SagaRow, sending: Sending, answered: Answered): void {
    const why = failureIn(sending, answered);
    if (why === undefined) this.bySaga.delete(row.state.id);
    else this.keep(row, sending, why);
  }

  keep({ state: { id, attempts } }: SagaRow, { step, call }: Sending, why: string): void {
    this.bySaga.delete(id);
    this.bySaga.set(id, { step, call, attempts, why: why.slice(0, whyMax) });
    if (this.bySaga.size <= this.max) return;
    for (const oldest of this.bySaga.keys()) {
      this.bySaga.delete(oldest);
      return;
    }
  }

  /** What became of the awaited message's last attempt, once. Undefined too where another instance sent the last one. */
  take({ state: { id, step, phase, attempts } }: SagaRow): string | undefined {
    const failure = this.bySaga.get(id);
    this.bySaga.delete(id);
    if (!failure || failure.step !== step || failure.call !== callIn(phase)) return undefined;
    return failure.attempts < attempts ? undefined : failure.why;
  }
}

/** A do that its receiver declines by the contract is no failure: the saga turns back, and is told so in its history. */
function failureIn({ call, contract }: Sending, answered: Answered): string | undefined {
  if ("answer" in answered) return undefined;
  if ("accepted" in answered) return "accepted, and not decided yet";
  const { code } = answered.refusal;
  const isDecision = call === "do" && (contract.refusals as readonly string[]).includes(code);
  return isDecision ? undefined : `refused: ${code}`;
}
