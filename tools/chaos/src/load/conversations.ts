import { setTimeout as wait } from "node:timers/promises";
import type { Arena } from "../arena/arena";
import type { Answer } from "../arena/http-client";
import type { Buyer } from "../arena/people";
import type { Random } from "../random";
import type { Recorder } from "../report/recorder";
import { type Meaning, meaningOf, type Operation, type Surprise } from "./operation";

/** How clients behave, in shares from 0 to 1 of their operations. */
export interface Manners {
  /** Sent once, not waited for long, never asked again. */
  readonly impatient: number;
  /** Sent twice at the same time under one key. */
  readonly doubled: number;
}

const repeatedShare = 0.05;

/** Operations as clients carry them out over HTTP, with all that they know of each. */
export class Conversations {
  readonly operations: Operation[] = [];
  readonly surprises: Surprise[] = [];
  settled = 0;

  constructor(
    private readonly arena: Pick<Arena, "http" | "patience">,
    private readonly random: Random,
    private readonly record: Recorder,
    private readonly manners: Manners,
  ) {}

  /** Asks until the operation is settled, as this client's manners are. */
  async carryOut(one: Operation, buyer: Buyer): Promise<void> {
    this.operations.push(one);
    const { impatient, doubled } = this.manners;
    const manners = this.random.below(1_000) / 1_000;
    if (manners < impatient) {
      one.abandoned = true;
      return this.take(one, await this.ask(one, buyer, this.random.between(5, 300)));
    }
    if (manners < impatient + doubled) {
      const both = await Promise.all([this.ask(one, buyer), this.ask(one, buyer)]);
      for (const meaning of both) this.take(one, meaning);
    }
    await this.untilSettled(one, buyer);
    if (one.outcome !== "unknown" && this.random.chance(repeatedShare))
      this.take(one, await this.ask(one, buyer));
  }

  private async ask(one: Operation, buyer: Buyer, timeoutMs?: number): Promise<Meaning> {
    one.tries += 1;
    const path = one.kind === "place" ? "/orders" : `/orders/${one.orderId}/cancel`;
    const answer = await this.arena.http.ask("POST", path, {
      token: buyer.token,
      headers: { "idempotency-key": one.label, prefer: "wait=5" },
      body: one.kind === "place" ? placingOf(one) : { reason: "chaos" },
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
    const meaning = meaningOf(one.kind, answer);
    this.record.sample({ at: Date.now(), ms: answer.ms, answered: meaning.kind === "settled" });
    this.record.count(countOf(answer));
    return meaning;
  }

  private take(one: Operation, meaning: Meaning): void {
    if (meaning.kind === "surprise") this.surprises.push({ label: one.label, says: meaning.says });
    if (meaning.kind !== "settled") return;
    const isNew = one.outcome === "unknown";
    if (
      !isNew &&
      (one.outcome !== meaning.outcome || (one.kind === "place" && one.orderId !== meaning.orderId))
    ) {
      const says = `${one.outcome} ${one.orderId}, then ${meaning.outcome} ${meaning.orderId}`;
      this.surprises.push({ label: one.label, says: `two answers to one key: ${says}` });
    }
    if (isNew) this.settled += 1;
    one.outcome = meaning.outcome;
    if (one.kind === "place" && meaning.orderId) one.orderId = meaning.orderId;
    if (meaning.code) one.code = meaning.code;
  }

  private async untilSettled(one: Operation, buyer: Buyer): Promise<void> {
    for (
      const until = Date.now() + this.arena.patience.clientMs;
      one.outcome === "unknown" && Date.now() < until;
    ) {
      const meaning = await this.ask(one, buyer);
      this.take(one, meaning);
      if (meaning.kind === "surprise") return;
      if (meaning.kind === "later") {
        const jitter = 0.5 + this.random.below(100) / 100;
        await wait(Math.min(meaning.retryAfterMs, 1_000) * jitter);
      }
    }
  }
}

function placingOf({ productId, quantity, label }: Operation) {
  return { items: [{ product_id: productId, quantity }], notes: label };
}

function countOf({ status, body }: Answer): string {
  if (status !== 0) return `answers ${status}`;
  return body === "not waited for any longer" ? "answers not waited for" : "connections lost";
}
