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
  type ServiceName,
} from "@quartermaster/contracts";
import { createInbox, type Msg, type NatsConnection, NatsError } from "nats";
import type { Connected } from "./connection";
import { headerLines, metaHeaders } from "./headers";
import { newId } from "./ids";
import { jsonIn } from "./json";
import { inboxFor } from "./subjects";

/** Asks over this connection. While it is down a request fails at once instead of waiting in the client's buffer. */
export function askerOver(connected: Asking): Asker {
  const replies = new Replies(connected);
  return {
    ask: (contract, ask, options) =>
      new Promise((resolve, reject) => {
        if (!connected.isConnected()) throw new Fault("disconnected", "the connection to NATS is down");
        replies.request(contract, ask, options, { resolve, reject });
      }),
  };
}

/** What an asker needs of a connection. */
export type Asking = Pick<Connected, "connection" | "asker" | "isConnected" | "onDenied">;

interface Asked {
  // Whose contract the answer has is known to whoever asked.
  resolve(answered: Answered<never>): void;
  reject(failure: unknown): void;
}

interface Awaited extends Asked {
  readonly subject: string;
  /** Sends the same once more, where another instance may come to serve it. */
  readonly again: (() => void) | undefined;
  nobodySince?: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * Requests and who waits for their replies, over one subscription of the connection's private inbox for each service that
 * is asked: it can answer into no other. The client's own `request` makes an error with a stack trace for every reply, and
 * writes to its socket for every request; here the requests of one turn of the event loop (by many HTTP clients, say)
 * share one write.
 */
class Replies {
  /** By the subject of the reply. */
  private readonly awaited = new Map<string, Awaited>();
  private readonly inboxes = new Map<ServiceName, string>();
  private readonly unsent: (() => void)[] = [];
  private readonly nats: NatsConnection;
  private count = 0;

  constructor(private readonly connected: Asking) {
    this.nats = connected.connection;
    connected.onDenied((subject) => this.denied(subject));
  }

  private inboxOf(service: ServiceName): string {
    let inbox = this.inboxes.get(service);
    if (inbox === undefined) {
      inbox = `${createInbox(inboxFor(this.connected.asker, service))}.`;
      this.inboxes.set(service, inbox);
      this.listen(inbox);
    }
    return inbox;
  }

  /** The client drops a subscription that the server refuses (a user's rights were wrong for a moment): it is made anew. */
  private listen(inbox: string): void {
    this.nats.subscribe(`${inbox}*`, {
      callback: (error, msg) => {
        if (!error) this.arrived(msg);
        else setTimeout(() => !this.nats.isClosed() && this.listen(inbox), listenAgainMs).unref();
      },
    });
  }

  request(contract: Request, ask: unknown, options: AskOptions, asked: Asked): void {
    this.unsent.push(() => {
      try {
        this.send(contract, ask, options, asked);
      } catch (error) {
        // Only the client's own error is the network's fault; any other is a bug, which asking again would not mend.
        asked.reject(
          error instanceof NatsError
            ? new Fault("disconnected", `${contract.subject}: ${error.message}`, { cause: error })
            : error,
        );
      }
    });
    if (this.unsent.length === 1) setImmediate(() => this.sendAll());
  }

  private sendAll(): void {
    for (const send of this.unsent.splice(0)) send();
  }

  private send({ kind, subject, service }: Request, ask: unknown, options: AskOptions, asked: Asked): void {
    const fields = metaHeaders(options.meta);
    fields[header.id] = options.id ?? newId();
    if (options.waitMs !== undefined) fields[header.waitMs] = String(options.waitMs);
    const reply = this.inboxOf(service) + (++this.count).toString(36);
    const body = Buffer.from(JSON.stringify(ask));
    const headers = headerLines(fields);
    const publish = () => this.nats.publish(subject, body, { reply, headers });
    publish();
    // Queries are served by every instance: where nobody serves one, nobody is about to.
    const again = kind === "command" ? publish : undefined;
    const timer = setTimeout(() => this.timedOut(reply), options.timeoutMs);
    this.awaited.set(reply, { ...asked, subject, timer, again });
  }

  private arrived(msg: Msg): void {
    if (isNobody(msg) && this.askAgain(msg.subject)) return;
    const one = this.take(msg.subject);
    // Late, or a second answer.
    if (!one) return;
    try {
      one.resolve(readAnswered(msg, one.subject));
    } catch (failure) {
      one.reject(failure);
    }
  }

  /** While another instance takes over the work of one that has ended, nobody serves it for a moment. */
  private askAgain(reply: string): boolean {
    const one = this.awaited.get(reply);
    const again = one?.again;
    if (!one || !again) return false;
    one.nobodySince ??= performance.now();
    if (performance.now() - one.nobodySince >= nobodyForMs) return false;
    setTimeout(() => {
      if (!this.awaited.has(reply)) return;
      if (this.connected.isConnected()) again();
      else this.take(reply)?.reject(new Fault("disconnected", "the connection to NATS is down"));
    }, askAgainMs);
    return true;
  }

  private timedOut(reply: string): void {
    const one = this.take(reply);
    one?.reject(new Fault("timeout", `no answer from ${one.subject} in time`));
  }

  /** Nothing that was sent to this subject has arrived: whoever waits need not wait to the end. */
  private denied(subject: string): void {
    for (const [reply, { subject: asked }] of this.awaited) {
      if (asked !== subject) continue;
      const why = `the NATS user of ${this.connected.asker} may not publish to ${subject}`;
      this.take(reply)?.reject(new Fault("denied", why));
    }
  }

  private take(reply: string): Awaited | undefined {
    const one = this.awaited.get(reply);
    if (!one) return undefined;
    this.awaited.delete(reply);
    clearTimeout(one.timer);
    return one;
  }
}

const listenAgainMs = 1_000;
/** Longer than it takes another instance to notice that the leading one has ended, and to serve in its place. */
const nobodyForMs = 600;
const askAgainMs = 50;

/** The server's own answer where nobody listens: a status line without a body. */
const noResponders = 503;

function isNobody(msg: Msg): boolean {
  return msg.data.length === 0 && msg.headers?.code === noResponders;
}

function readAnswered<C extends Request>(msg: Msg, subject: string): Answered<C> {
  if (isNobody(msg)) throw new Fault("no-responders", `nobody serves ${subject}`);
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
