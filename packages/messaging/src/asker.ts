import type {
  AnswerOf,
  AskOf,
  RefusalCode,
  RefusalDetails,
  RefusalOf,
  Request,
} from "@quartermaster/contracts";
import { ErrorCode, type Msg, type NatsConnection, NatsError } from "nats";
import { Defect } from "./commands";
import { errorCode } from "./endpoint";
import { Fault } from "./fault";
import type { Meta } from "./handler";
import { header, headers, writeMeta } from "./headers";
import { newId } from "./ids";

/** What a request came to: an answer, a business no, or "accepted" (durable, not decided within the wait). */
export type Answered<C extends Request> =
  | { answer: AnswerOf<C> }
  | {
      refusal: {
        code: RefusalOf<C> | "bad_request" | "message_too_old";
        message: string;
        details: RefusalDetails;
      };
    }
  | { accepted: true };

export interface AskOptions {
  /** The command's identity; the same id may be asked again and gets the same answer. A new one when absent. */
  id?: string;
  meta: Meta;
  timeoutMs: number;
  /** How long the receiver may wait for a saga before it answers "accepted". */
  waitMs?: number;
}

export interface Asker {
  /** Asks one service. Throws a Fault when there is no answer (which says nothing about the effect), a Defect for a bug. */
  ask<C extends Request>(contract: C, ask: AskOf<C>, options: AskOptions): Promise<Answered<C>>;
}

/** Asks over this connection. `isConnected` lets a request fail at once instead of waiting in the client's buffer. */
export function askerOver(nats: NatsConnection, isConnected: () => boolean): Asker {
  return {
    ask: async (contract, ask, options) => {
      if (!isConnected()) throw new Fault("disconnected", "the connection to NATS is down");
      await endOfTurn();
      return readAnswered(await request(nats, contract.subject, ask, options));
    },
  };
}

let turn: Promise<void> | undefined;

/**
 * The end of this turn of the event loop. The client writes to its socket as soon as it is given something; requests that
 * are made in one turn (by many HTTP clients, say) wait for its end and then share one write.
 */
function endOfTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined;
      resolve();
    });
  });
  return turn;
}

async function request(
  nats: NatsConnection,
  subject: string,
  ask: unknown,
  options: AskOptions,
): Promise<Msg> {
  const about = headers();
  about.set(header.id, options.id ?? newId());
  if (options.waitMs !== undefined) about.set(header.waitMs, String(options.waitMs));
  writeMeta(about, options.meta);
  try {
    return await nats.request(subject, JSON.stringify(ask), { timeout: options.timeoutMs, headers: about });
  } catch (error) {
    throw toFault(error, subject);
  }
}

function toFault(error: unknown, subject: string): unknown {
  if (!(error instanceof NatsError)) return error;
  if (error.code === ErrorCode.NoResponders)
    return new Fault("no-responders", `nobody serves ${subject}`, { cause: error });
  if (error.code === ErrorCode.Timeout)
    return new Fault("timeout", `no answer from ${subject} in time`, { cause: error });
  return new Fault("disconnected", `${subject}: ${error.message}`, { cause: error });
}

function readAnswered<C extends Request>(msg: Msg): Answered<C> {
  const failed = msg.headers?.get(header.errorCode);
  if (!failed) {
    if (msg.headers?.get(header.outcome) === "accepted") return { accepted: true };
    return { answer: msg.json<AnswerOf<C>>() };
  }
  const why = msg.headers?.get(header.error) ?? "unknown";
  if (failed === String(errorCode.refused)) {
    return { refusal: msg.json<{ code: RefusalCode; message: string; details: RefusalDetails }>() as never };
  }
  if (failed === String(errorCode.fault))
    throw new Fault(why === "overloaded" ? why : "busy", `the service could not do it now: ${why}`);
  throw new Defect(`the service failed by a defect: ${why}`);
}
