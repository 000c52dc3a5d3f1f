import {
  errorCode,
  header,
  type OpsContract,
  operatorActedOf,
  opsSubject,
  type ServiceName,
} from "@quartermaster/contracts";
import type { Logger } from "@quartermaster/process";
import type { Service, ServiceMsg } from "nats";
import type { z } from "zod";
import { notAsked } from "./endpoint";
import { isFault } from "./fault";
import { headerLines, readOperatorMeta } from "./headers";
import { jsonIn } from "./json";
import { metadataOf } from "./metadata";
import { operatorOf } from "./operator";
import { Declined, type OpsHandler } from "./ops-handler";
import type { Reader } from "./sql";
import { isInbox } from "./subjects";
import type { Transact } from "./transact";
import type { UnderWay } from "./under-way";

interface Parts {
  service: ServiceName;
  instance: string;
  db: Reader;
  transact: Transact;
  log: Logger;
  underWay: UnderWay;
}

/** Serves the operators' verbs for the stock `nats` CLI: `nats req ops.orders.health ''`. */
export function serveOps(service: Service, parts: Parts, handlers: readonly OpsHandler[]): void {
  for (const handler of handlers) {
    const metadata = metadataOf(`ops.${handler.contract.verb}`, handler.contract);
    for (const endpoint of endpointsOf(handler.contract, parts)) {
      service.addEndpoint(endpoint.name, {
        subject: endpoint.subject,
        queue: endpoint.queue,
        metadata,
        handler: (error, msg) => {
          if (error) return;
          if (isInbox(msg.reply)) void serve(handler, msg, parts);
          else parts.log.warn({ verb: handler.contract.verb, reply: msg.reply }, notAsked);
        },
      });
    }
  }
}

function endpointsOf({ verb, instances }: OpsContract, { service, instance }: Parts) {
  // A queue group of its own per instance: each of them gets the request.
  const queue = instances === "each" ? instance : service;
  const all = { name: `ops-${verb}`, subject: opsSubject(service, verb), queue };
  const named = {
    name: `ops-instance-${verb}`,
    subject: opsSubject(service, verb, instance),
    queue: instance,
  };
  return instances === "one" ? [all] : [all, named];
}

async function serve(handler: OpsHandler, msg: ServiceMsg, parts: Parts): Promise<void> {
  const { verb } = handler.contract;
  parts.underWay.begin();
  try {
    const ask = readAsk(handler.contract.ask, msg.data);
    const answer = ask instanceof Declined ? ask : await answerOf(handler, ask.value, msg, parts);
    if (answer instanceof Declined) respondNo(msg, errorCode.refused, answer.why);
    else msg.respond(textOf(handler, answer));
  } catch (error) {
    parts.log.warn({ err: error, verb }, "operators' request failed");
    failed(msg, error, parts.log);
  } finally {
    parts.underWay.end();
  }
}

// People read the answers, but for those that services ask each other for.
function textOf({ contract }: OpsHandler, answer: unknown): string {
  return JSON.stringify(answer, null, contract.forServices ? 0 : 2);
}

function answerOf(handler: OpsHandler, ask: unknown, msg: ServiceMsg, parts: Parts): Promise<unknown> {
  return handler.kind === "show" ? handler.run(parts.db, ask) : actOf(handler, ask, msg, parts);
}

/** An empty body is an empty ask. */
function readAsk(schema: z.ZodType, data: Uint8Array): { value: unknown } | Declined {
  let body: unknown;
  try {
    body = Buffer.from(data).toString("utf8").trim() === "" ? {} : jsonIn(data);
  } catch {
    return new Declined(
      'The body is not JSON: it has to look like {"reason":"..."}, in single quotes for the shell.',
    );
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return { value: parsed.data };
  const wrong = parsed.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.map(String).join(".")}: ${message}` : message,
  );
  return new Declined(`The body is wrong. ${wrong.join(". ")}.`);
}

type ActHandler = Extract<OpsHandler, { kind: "act" }>;

/** One transaction with what is done and the event that says who did it, and why. */
async function actOf(
  handler: ActHandler,
  ask: unknown,
  msg: ServiceMsg,
  { service, instance, transact }: Parts,
): Promise<unknown> {
  const name = operatorOf(msg.headers, msg.reply);
  if (!name)
    return new Declined(
      `Who asks is not known, and ${handler.contract.verb} stands in the audit by name: connect as an operator.`,
    );
  const meta = readOperatorMeta(msg.headers, { kind: "operator", id: name, name });
  const { verb } = handler.contract;
  const { reason } = ask as { reason: string };
  const within = (run: ActHandler["run"]) =>
    transact<unknown>(async (tx) => {
      const acted = await run(tx, ask as never, meta);
      if (acted instanceof Declined) return { result: acted, said: [] };
      const { answer, entityId, old, values, said = [] } = acted;
      const fresh = { verb, instance, reason, values };
      const body = { entityId, version: 0, old: old && { values: old }, new: fresh };
      return { result: answer, said: [...said, { said: operatorActedOf[service].of(body), meta }] };
    });
  try {
    return await within(handler.run);
  } catch (error) {
    if (isFault(error) || !handler.failed) throw error;
    return within(handler.failed(error));
  }
}

function failed(msg: ServiceMsg, error: unknown, log: Logger): void {
  const why = error instanceof Error ? error.message : "failed";
  // A failure that cannot even be sent leaves the operator with a time-out, never the service with an unhandled rejection.
  try {
    if (isFault(error)) respondNo(msg, errorCode.fault, `It could not be done now, try again: ${why}`);
    else respondNo(msg, errorCode.defect, `It failed by a defect: ${why}`);
  } catch (unsent) {
    log.warn({ err: unsent }, "operators' request could not be answered");
  }
}

const codeNames = { 1: "refused", 2: "fault", 3: "defect" } as const;

function respondNo(msg: ServiceMsg, code: 1 | 2 | 3, why: string): void {
  const about = {
    [header.error]: why.slice(0, 200).replace(/[^\x20-\x7e]+/g, " "),
    [header.errorCode]: String(code),
  };
  msg.respond(JSON.stringify({ code: codeNames[code], message: why }, null, 2), {
    headers: headerLines(about),
  });
}
