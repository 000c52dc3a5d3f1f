import type { AnswerOf, AskOf, RefusalOf, Request } from "../contract";
import { refusalCodesOf } from "../contract";
import { Defect, Fault } from "../fault";
import { golden } from "../golden";
import type { Meta } from "../heard";
import { RefusalBody, type RefusalDetails, refusals, type UniversalRefusal } from "../refusals";
import { lawful, UnlawfulMessage } from "./lawful";

/**
 * What a provider does, in order: each line is one request's fate, and the last one stays.
 * `given(ReserveStock).fails("timeout").answers(reserved)` lets the first request time out and answers all others.
 */
export interface Provider<C extends Request> {
  /** Answers this, or what the function makes of the ask. Checked against the contract. */
  answers(answer: AnswerOf<C> | ((ask: AskOf<C>, meta: Meta) => AnswerOf<C>)): Provider<C>;
  /** Says no, with a code that the contract names. */
  refuses(code: RefusalOf<C> | UniversalRefusal, details?: RefusalDetails): Provider<C>;
  /** The command is durable, but not decided within the wait. */
  accepts(): Provider<C>;
  /** Gives no answer, which says nothing about the effect; `defect` is a bug of the provider. */
  fails(kind: Fault["kind"] | "defect"): Provider<C>;
  /** Does what a golden example says, found by its `about`; the first that is answered when no sentence is given. */
  followsExample(about?: string): Provider<C>;
}

/** What comes back over the wire. It is made anew for each request, so that nobody shares what was given. */
export type Reply = { answer: unknown } | { refusal: unknown } | { accepted: true };
type Line = (ask: unknown, meta: Meta) => Reply;

/** The lines of one contract. */
export class Script<C extends Request> implements Provider<C> {
  private readonly lines: Line[] = [];
  private at = 0;
  /** Whether the line at `at` was some request's fate already. */
  private isUsed = false;

  constructor(private readonly contract: C) {}

  answers(answer: AnswerOf<C> | ((ask: AskOf<C>, meta: Meta) => AnswerOf<C>)): this {
    const what = `the answer to ${this.contract.subject}`;
    const check = (value: unknown) => ({ answer: lawful(this.contract.answer, value, what).wire });
    if (typeof answer === "function") {
      const make = answer as (ask: AskOf<C>, meta: Meta) => AnswerOf<C>;
      return this.add((ask, meta) => check(make(ask as AskOf<C>, meta)));
    }
    check(answer);
    return this.add(() => check(answer));
  }

  refuses(code: RefusalOf<C> | UniversalRefusal, details: RefusalDetails = {}): this {
    const codes: readonly string[] = refusalCodesOf(this.contract);
    if (!codes.includes(code)) {
      throw new UnlawfulMessage(
        `${this.contract.subject} is never refused with ${code}, only with ${codes.join(", ")}`,
      );
    }
    const body = { code, message: refusals[code], details };
    const what = `the refusal of ${this.contract.subject}`;
    lawful(RefusalBody, body, what);
    return this.add(() => ({ refusal: lawful(RefusalBody, body, what).wire }));
  }

  accepts(): this {
    if (this.contract.kind !== "command")
      throw new UnlawfulMessage(`${this.contract.subject} reads, so there is nothing to accept`);
    return this.add(() => ({ accepted: true }));
  }

  fails(kind: Fault["kind"] | "defect"): this {
    const { subject } = this.contract;
    return this.add(() => {
      if (kind === "defect") throw new Defect(`${subject} failed by a defect, as the test says`);
      throw new Fault(kind, `no answer from ${subject}, as the test says: ${kind}`);
    });
  }

  followsExample(about?: string): this {
    const examples = golden<Request>(this.contract);
    const example = examples.find((one) =>
      about === undefined ? one.answer !== undefined : one.about === about,
    );
    if (!example) {
      const known = examples.map((one) => `"${one.about}"`).join(", ");
      throw new UnlawfulMessage(`${this.contract.name} has no example "${about}", only ${known}`);
    }
    const { answer, refusal } = example;
    return refusal
      ? this.refuses(refusal.code as RefusalOf<C>, refusal.details)
      : this.answers(answer as AnswerOf<C>);
  }

  /** What the next request comes to: the next line, or the last one again. */
  next(ask: unknown, meta: Meta): Reply {
    if (this.isUsed && this.at < this.lines.length - 1) this.at += 1;
    this.isUsed = true;
    const line = this.lines[this.at];
    if (!line)
      throw new Fault("no-responders", `nobody serves ${this.contract.subject}: given(...) said nothing`);
    return line(ask, meta);
  }

  private add(line: Line): this {
    this.lines.push(line);
    return this;
  }
}
