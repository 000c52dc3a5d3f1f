import { type CrashPoint, crashPoint, crashPointsWatched } from "@quartermaster/process";
import type { Saga } from "../sagas/engine/saga";
import type { Sending } from "../sagas/engine/state";
import type { SagaRow } from "../store/sagas";
import type { Plays } from "./advance";

/** Where a saga may be cut off between two durable effects: around each of its messages, and at its end. */
export interface SagaCrashPoints {
  committed(row: SagaRow, sending: Sending): void;
  answered(row: SagaRow, sending: Sending): void;
  readonly ended: CrashPoint;
}

/** Points for every message of every saga, made from its table; without CRASH_AT nothing is looked up. */
export function sagaCrashPoints(plays: Plays): SagaCrashPoints {
  const ended = crashPoint("saga: after its end is committed, before who waits is told");
  if (!crashPointsWatched) return { committed: () => undefined, answered: () => undefined, ended };
  const [before, after] = [new Map<string, CrashPoint>(), new Map<string, CrashPoint>()];
  for (const { saga } of Object.values(plays)) {
    for (const message of messagesOf(saga)) {
      before.set(message, crashPoint(`${message}: committed, not sent yet`));
      after.set(message, crashPoint(`${message}: answered, not heard yet`));
    }
  }
  const nameOf = ({ name }: SagaRow, { call, contract }: Sending) => messageName(name, call, contract.name);
  return {
    committed: (row, sending) => before.get(nameOf(row, sending))?.(),
    answered: (row, sending) => after.get(nameOf(row, sending))?.(),
    ended,
  };
}

function messagesOf({ name, steps }: Saga<never>): string[] {
  return steps.flatMap((step) => {
    if (step.kind === "local") return [];
    const messages = [messageName(name, "do", step.call.contract.name)];
    if (step.kind === "pivot") messages.push(messageName(name, "fence", step.fence.contract.name));
    else if (step.undo) messages.push(messageName(name, "undo", step.undo.contract.name));
    return messages;
  });
}

function messageName(saga: string, call: Sending["call"], contract: string): string {
  return `saga ${saga}, ${call} ${contract}`;
}
