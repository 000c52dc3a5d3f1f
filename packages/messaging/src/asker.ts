import {
  type Answered,
  type AnswerOf,
  type Asker,
  type AskOptions,
  Defect,
  errorCode,
  Fault,
  header,
  type Request,
} from "@quartermaster/contracts";
import { createInbox, type Msg, type NatsConnection, NatsError } from "nats";
import type { Connected } from "./connection";
import { headerLines, metaHeaders } from "./headers";
import { newId } from "./ids";
import { jsonIn } from "./json";

/** Asks over this connection. While it is down a request fails at once instead of waiting in the client's buffer. */
export function askerOver({ connection, inboxPrefix, isConnected }: Connected): Asker {
  const replies = new Replies(connection, `${createInbox(inboxPrefix)}.`);
  return {
    ask: (contract, ask, options) =>
      new Promise((resolve, reject) => {
        if (!isConnected()) throw new Fault("disconnected", "the connection to NATS is down");
        replies.request(contract.subject, ask, options, { resolve, reject });
      }),
  };
}

interface Asked {
  // Whose contract the answer has is known to whoever asked.
  resolve(answered: Answered<never>): void;
  reject(failure: unknown): void;
}

interface Awaited extends Asked {
  readonly subject: string;
  readonly timer: NodeJS.Timeout;
}

/**
 * Requests and who waits for their replies, over one subscription of the connection's private inbox. The client's own
 * `request` makes an error with a stack trace for every reply, and writes to its socket for every request; here the
 * requests of one turn of the event loop (by many HTTP clients, say) share one write.
 */
class Replies {
  private readonly awaited = new Map<string, Awaited>();
  private readonly unsent: (() => void)[] = [];
  private count = 0;

  constructor(
    private readonly nats: NatsConnection,
    private readonly inbox: string,
  ) {
    this.listen();
  }

  /** The client drops a subscription that the server refuses (a user's rights were wrong for a moment): it is made anew. */
  private listen(): void {
    this.nats.subscribe(`${this.inbox}*`, {
      callback: (error, msg) => {
        if (!error) this.arrived(msg);
        else setTimeout(() => !this.nats.isClosed() && this.listen(), listenAgainMs).unref();
      },
    });
  }

  request(subject: string, ask: unknown, options: AskOptions, asked: Asked): void {
    this.unsent.push(() => {
      try {
        this.send(subject, ask, options, asked);
      } catch (error) {
        // Only the client's own error is the network's fault; any other is a bug, which asking again would not mend.
        asked.reject(
          error instanceof NatsError
            ? new Fault("disconnected", `${subject}: ${error.message}`, { cause: error })
            : error,
        );
      }
    });
    if (this.unsent.length === 1) setImmediate(() => this.sendAll());
  }

  private sendAll(): void {
    for (const send of this.unsent.splice(0)) send();
  }

  private send(subject: string, ask: unknown, options: AskOptions, asked: Asked): void {
    const fields = metaHeaders(options.meta);
    fields[header.id] = options.id ?? newId();
    if (options.waitMs !== undefined) fields[header.waitMs] = String(options.waitMs);
    const token = (++this.count).toString(36);
    this.nats.publish(subject, Buffer.from(JSON.stringify(ask)), {
      reply: this.inbox + token,
      headers: headerLines(fields),
    });
    const timer = setTimeout(() => this.timedOut(token), options.timeoutMs);
    this.awaited.set(token, { ...asked, subject, timer });
  }

  private arrived(msg: Msg): void {
    const token = msg.subject.slice(this.inbox.length);
    const one = this.awaited.get(token);
    // Late, or a second answer.
    if (!one) return;
    this.awaited.delete(token);
    clearTimeout(one.timer);
    try {
      one.resolve(readAnswered(msg, one.subject));
    } catch (failure) {
      one.reject(failure);
    }
  }

  private timedOut(token: string): void {
    const one = this.awaited.get(token);
    this.awaited.delete(token);
    one?.reject(new Fault("timeout", `no answer from ${one.subject} in time`));
  }
}

const listenAgainMs = 1_000;

/** The server's own answer where nobody listens: a status line without a body. */
const noResponders = 503;

function readAnswered<C extends Request>(msg: Msg, subject: string): Answered<C> {
  if (msg.data.length === 0 && msg.headers?.code === noResponders)
    throw new Fault("no-responders", `nobody serves ${subject}`);
  const failed = msg.headers?.get(header.errorCode);
  if (!failed) {
    if (msg.headers?.get(header.outcome) === "accepted") return { accepted: true };
    return { answer: jsonIn(msg.data) as AnswerOf<C> };
  }
  const why = msg.headers?.get(header.error) ?? "unknown";
  if (failed === String(errorCode.refused)) {
    return { refusal: jsonIn(msg.data) as never };
  }
  if (failed === String(errorCode.fault))
    throw new Fault(why === "overloaded" ? why : "busy", `the service could not do it now: ${why}`);
  throw new Defect(`the service failed by a defect: ${why}`);
}
