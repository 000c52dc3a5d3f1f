import { type Asker, derivedId, Fault, type RunningService, type Tx } from "@quartermaster/messaging";
import type { Logger } from "@quartermaster/process";
import { stuckAfterAttempts } from "../sagas/engine/patience";
import type { Saga } from "../sagas/engine/saga";
import type { Input, Sending } from "../sagas/engine/state";
import { findDueSagas, postponeSagas, type SagaRow } from "../store/sagas";
import {
  type Advanced,
  advance,
  advanceOptimistically,
  beginSagas,
  type Happening,
  type Plays,
} from "./advance";
import { Failures } from "./failures";
import type { Beginning } from "./play";
import { type SagaCrashPoints, sagaCrashPoints } from "./saga-crash-points";

/** How often due sagas are looked for: this is the retry of lost messages and the recovery after a crash. */
const pollEveryMs = 500;
/** Sagas looked at at once. A full look is followed by the next at once, so a backlog drains at the database's pace. */
const lookMax = 200;
/** When a saga that fails by a defect is looked at again: rarely, so that it takes nothing from the others. */
const poisonPauseMs = 60_000;
const askTimeoutMs = 10_000;
/** On an orderly stop, how long the answers under way are waited for. Sagas without one are another instance's. */
const stopPatienceMs = 3_000;

/** Drives the sagas: sends what they ask after the commit, and puts what is answered into the next batch. */
export class SagaRunner {
  private service: RunningService | undefined;
  private hear: ((happening: Happening) => Promise<void>) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private polling: Promise<void> | undefined;
  private underWayCount = 0;
  private readonly failures = new Failures();
  /** Told when the last answer under way has been heard. */
  private quiet: (() => void) | undefined;
  private readonly crashPoints: SagaCrashPoints;

  constructor(
    private readonly plays: Plays,
    private readonly log: Logger,
  ) {
    this.crashPoints = sagaCrashPoints(plays);
  }

  /** Begins sagas inside a handler's transaction. */
  async begin(tx: Tx, begins: readonly Beginning[]): Promise<void> {
    if (begins.length > 0) this.sendAfter(tx, noEnd(await beginSagas(tx, this.plays, begins, Date.now())));
  }

  /** Moves sagas on inside a handler's transaction, for inputs that cannot end them. */
  async advance(tx: Tx, happenings: readonly Happening[]): Promise<void> {
    if (happenings.length === 0) return;
    this.sendAfter(tx, noEnd(await advance(tx, this.plays, happenings, Date.now())));
  }

  /** Moves sagas on inside an act of an operator, to their end where it comes to that. Answers the events to say. */
  conclude(tx: Tx, happenings: readonly Happening[]): Promise<Advanced["said"]> {
    return this.run(tx, happenings, advance);
  }

  /** The table of steps of a saga. */
  sagaNamed(name: string): Saga<unknown> | undefined {
    return this.plays[name]?.saga as Saga<unknown> | undefined;
  }

  /** From here on messages are sent and due sagas are looked for. What was begun before is due soon. */
  attach(service: RunningService): void {
    this.service = service;
    this.hear = service.lane<Happening, void>({
      name: "sagas",
      sizeMax: 200,
      run: (tx, happenings) => this.runAll(tx, happenings, advance),
      optimistic: (tx, happenings) => this.runAll(tx, happenings, advanceOptimistically),
    });
    this.timer = setInterval(() => this.poll(), pollEveryMs);
    this.timer.unref();
    this.poll();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.polling;
    const patience = AbortSignal.timeout(stopPatienceMs);
    const over = new Promise<void>((resolve) =>
      patience.addEventListener("abort", () => resolve(), { once: true }),
    );
    const quiet = new Promise<void>((resolve) => {
      this.quiet = resolve;
    });
    if (this.underWayCount > 0) await Promise.race([quiet, over]);
    this.service = undefined;
    this.hear = undefined;
  }

  private async runAll(tx: Tx, happenings: readonly Happening[], by: typeof advance) {
    return { results: happenings.map(() => undefined), said: await this.run(tx, happenings, by) };
  }

  private async run(tx: Tx, happenings: readonly Happening[], by: typeof advance): Promise<Advanced["said"]> {
    const { service } = this;
    // What ends here settles commands that wait for it: without the service they would never be told.
    if (!service) throw new Fault("busy", "the sagas have not started here yet, or are stopping");
    const advanced = await by(tx, this.plays, happenings, Date.now());
    if (advanced.settled.length > 0) tx.afterCommit(this.crashPoints.ended);
    await service.settle(tx, advanced.settled);
    this.sendAfter(tx, advanced);
    return advanced.said;
  }

  private sendAfter(tx: Tx, { sends }: Advanced): void {
    if (sends.length === 0) return;
    tx.afterCommit(() => {
      for (const { row, sending } of sends) {
        if (row.state.attempts === stuckAfterAttempts) this.tellStuck(row, sending);
        this.crashPoints.committed(row, sending);
        void this.send(row, sending);
      }
    });
  }

  /** Once per message: from here on it is asked again for ever, and counted as STUCK by the metrics. */
  private tellStuck({ name, orderId, state: { id, attempts } }: SagaRow, { contract }: Sending): void {
    this.log.error(
      { saga: name, id, orderId, message: contract.name, attempts },
      "a saga is stuck: no answer",
    );
  }

  /** Asks, and puts what is answered into the next batch. Never throws: the saga is durable and due whatever goes wrong. */
  private async send(row: SagaRow, sending: Sending): Promise<void> {
    const { service, hear } = this;
    if (!service || !hear) return;
    this.underWayCount += 1;
    try {
      const answered = await service.asker.ask(sending.contract, sending.ask, {
        id: derivedId(row.state.anew ?? row.state.id, sending.n),
        meta: row.meta,
        timeoutMs: askTimeoutMs,
      });
      this.crashPoints.answered(row, sending);
      const input = inputOf(sending, answered);
      this.failures.heard(row, sending, answered);
      if (input) await hear({ row, input });
    } catch (error) {
      this.failures.keep(row, sending, error instanceof Error ? error.message : String(error));
      const level = error instanceof Fault ? "debug" : "error";
      this.log[level](
        { err: error, saga: row.state.id, message: sending.contract.name },
        "no answer to a saga",
      );
    } finally {
      this.underWayCount -= 1;
      if (this.underWayCount === 0) this.quiet?.();
    }
  }

  private dueOf(row: SagaRow): Input {
    const failure = this.failures.take(row);
    return failure === undefined ? { kind: "due" } : { kind: "due", failure };
  }

  private poll(): void {
    this.polling ??= this.lookForDue()
      .catch((error) => this.log.warn({ err: error }, "due sagas could not be looked for"))
      .finally(() => {
        this.polling = undefined;
      });
  }

  /** Every due saga is an item of its own in the lane: one that fails by a defect does not hold up the others. */
  private async lookForDue(): Promise<void> {
    for (let found = lookMax; found === lookMax && this.timer; ) {
      // One instance's batches are larger than two instances' would be. Whoever takes over its work looks here too.
      if (!this.service?.isConnected() || !this.service.isAtWork()) return;
      const { sagas, unreadable } = await findDueSagas(this.service.db, Date.now(), lookMax);
      found = sagas.length + unreadable.length;
      const known = sagas.filter((row) => row.name in this.plays);
      const strange = sagas
        .filter((row) => !known.includes(row))
        .map(({ state, name }) => ({ id: state.id, name }));
      for (const { id, name } of [...unreadable, ...strange])
        this.log.error({ saga: name, id }, "a saga that cannot be read is left for later");
      const poison = [...unreadable, ...strange].map(({ id }) => id);
      const ends = await Promise.allSettled(known.map((row) => this.hear?.({ row, input: this.dueOf(row) })));
      for (const [n, end] of ends.entries()) {
        const row = known[n];
        if (end.status === "fulfilled" || !row || end.reason instanceof Fault) continue;
        this.log.error({ err: end.reason, saga: row.name, id: row.state.id }, "a saga failed by a defect");
        poison.push(row.state.id);
      }
      await postponeSagas(this.service.db, poison, Date.now() + poisonPauseMs);
      const fault = ends.find((end) => end.status === "rejected" && end.reason instanceof Fault);
      if (fault?.status === "rejected") throw fault.reason;
    }
  }
}

function inputOf({ step, call }: Sending, answered: Awaited<ReturnType<Asker["ask"]>>): Input | undefined {
  if ("answer" in answered) return { kind: "answered", step, call, answer: answered.answer };
  if ("accepted" in answered) return undefined;
  const { code, details } = answered.refusal;
  return { kind: "refused", step, call, reason: { code, details } };
}

/** A handler's transaction cannot settle other commands: what begins or stops a saga never ends one. */
function noEnd(advanced: Advanced): Advanced {
  if (advanced.settled.length + advanced.said.length > 0) throw new Error("a saga ended inside a handler");
  return advanced;
}
