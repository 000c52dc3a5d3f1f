import { Defect, errorCode, Fault, header, type Request } from "@quartermaster/contracts";
import type { Logger } from "@quartermaster/process";
import type { Service, ServiceMsg } from "nats";
import type { z } from "zod";
import { badRequest, type CommandLane, idProblem } from "./commands";
import { isFault } from "./fault";
import type { Command, CommandHandler, QueryHandler } from "./handler";
import { headerLines, readRequestMeta } from "./headers";
import { newId } from "./ids";
import { answerReply, recall, refusalReply, type StoredReply } from "./inbox";
import { jsonIn } from "./json";
import { metadataOf } from "./metadata";
import { isRefused } from "./outcome";
import type { Reader } from "./sql";
import { isInbox } from "./subjects";
import type { UnderWay } from "./under-way";
import type { Waiters } from "./waiters";

const defaultWaitMs = 10_000;
const waitMsMax = 30_000;

/** Endpoint names take letters, digits, dash and underscore only: `inventory.stock.v1` is served as `stock-v1`. */
function endpointName(contract: Request): string {
  return `${contract.kind === "query" ? "qry" : "cmd"}-${contract.name.slice(contract.service.length + 1).replace(/\./g, "-")}`;
}

function serve(
  service: Service,
  contract: Request,
  answer: (msg: ServiceMsg, ask: unknown) => Promise<StoredReply | null>,
  { log, underWay }: { log: Logger; underWay: UnderWay },
): void {
  service.addEndpoint(endpointName(contract), {
    subject: contract.subject,
    queue: contract.service,
    metadata: metadataOf(contract.name, contract),
    handler: (error, msg) => {
      if (error) return;
      if (!isInbox(msg.reply)) return log.warn({ message: contract.name, reply: msg.reply }, notAsked);
      underWay.begin();
      answerOne(msg, contract.ask, answer).then(
        () => underWay.end(),
        (failure) => {
          respondFailure(msg, contract, failure, log);
          underWay.end();
        },
      );
    },
  });
}

/** Whoever asks says where the answer goes: see isInbox. */
export const notAsked = "a message that awaits no answer is ignored";

async function answerOne(
  msg: ServiceMsg,
  schema: z.ZodType,
  answer: (msg: ServiceMsg, ask: unknown) => Promise<StoredReply | null>,
): Promise<void> {
  const ask = readBody(msg.data, schema);
  respond(msg, "problem" in ask ? ask.problem : await answer(msg, ask.value));
}

// An empty body is an empty ask, so that `nats req qry.identity.roles.v1 ''` works.
function readBody(data: Uint8Array, schema: z.ZodType): { value: unknown } | { problem: StoredReply } {
  let body: unknown;
  try {
    body = data.length === 0 ? {} : jsonIn(data);
  } catch {
    return { problem: badRequest([{ path: [], message: "the body is not JSON" }]) };
  }
  const parsed = schema.safeParse(body);
  return parsed.success ? { value: parsed.data } : { problem: badRequest(parsed.error.issues) };
}

/** Serves a command through its lane; one that is accepted is answered when it is settled, or when the wait is over. */
export function serveCommand(
  service: Service,
  parts: {
    handler: CommandHandler;
    lane: CommandLane;
    waiters: Waiters;
    db: Reader;
    log: Logger;
    underWay: UnderWay;
  },
): void {
  const { handler, lane, waiters, db } = parts;
  serve(
    service,
    handler.contract,
    async (msg, ask) => {
      const id = msg.headers?.get(header.id) || newId();
      const problem = idProblem(id);
      if (problem)
        return refusalReply(problem, { id, why: "Nats-Msg-Id has to be a recent v7 uuid in lower case" });
      const meta = readRequestMeta(msg);
      let prepared: unknown;
      if (handler.prepare) {
        // Preparing may be costly or counted (a password's hash, an attempt): a known id gets its stored reply before it.
        const known = handler.contract.remembered ? (await recall(db, [id])).get(id) : undefined;
        if (known) return known;
        prepared = await handler.prepare({ id, ask, meta });
        if (isRefused(prepared)) return refusalReply(prepared.code, prepared.details);
      }
      const reply = await lane.push({ id, ask, meta, prepared } as Command);
      return reply ?? (await waiters.wait(id, waitOf(msg)));
    },
    parts,
  );
}

function waitOf(msg: ServiceMsg): number {
  const asked = Number(msg.headers?.get(header.waitMs) || defaultWaitMs);
  return Number.isFinite(asked) ? Math.min(Math.max(asked, 0), waitMsMax) : defaultWaitMs;
}

/** Serves a query straight from the pool. */
export function serveQuery(
  service: Service,
  parts: { handler: QueryHandler; db: Reader; log: Logger; underWay: UnderWay },
): void {
  const { handler } = parts;
  serve(
    service,
    handler.contract,
    async (msg, ask) => {
      const answer = await handler.run(parts.db, ask, readRequestMeta(msg));
      return isRefused(answer) ? refusalReply(answer.code, answer.details) : answerReply(answer);
    },
    parts,
  );
}

function respond(msg: ServiceMsg, reply: StoredReply | null): void {
  if (reply === null) msg.respond("{}", { headers: headerLines({ [header.outcome]: "accepted" }) });
  else if (reply.refused === null) msg.respond(Buffer.from(reply.json));
  else {
    const about = { [header.error]: reply.refused, [header.errorCode]: String(errorCode.refused) };
    msg.respond(Buffer.from(reply.json), { headers: headerLines(about) });
  }
}

function respondFailure(msg: ServiceMsg, contract: Request, failure: unknown, log: Logger): void {
  const fault = isFault(failure);
  if (!(failure instanceof Defect))
    log[fault ? "warn" : "error"]({ err: failure, message: contract.name }, "not answered");
  const kind = failure instanceof Fault ? failure.kind : fault ? "database" : "defect";
  const about = {
    [header.error]: kind,
    [header.errorCode]: String(fault ? errorCode.fault : errorCode.defect),
  };
  try {
    msg.respond(JSON.stringify({ [fault ? "fault" : "defect"]: kind }), { headers: headerLines(about) });
  } catch (error) {
    // The connection is gone: the asker times out and asks again.
    log.warn({ err: error, message: contract.name }, "reply could not be sent");
  }
}
