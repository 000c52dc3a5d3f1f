import type { CommandContract, QueryContract, RefusalCode, RefusalDetails } from "@quartermaster/contracts";
import { Fault, type Meta, newId } from "@quartermaster/messaging";
import { crashPoint, type Logger } from "@quartermaster/process";
import type { Request, Response } from "express";
import type { TokenVerifier } from "../auth/tokens";
import { askUntilKnown } from "../clients/ask-until-known";
import type { Services } from "../clients/services";
import { toRestJson } from "../rest/to-rest";
import { claimKey, hashOf, type KeyLane } from "../store/idempotency-keys";
import { actorOf, authenticate, authorize, seesCosts, seesStaff } from "./access";
import { followUp } from "./afterwards";
import { type Call, callOf } from "./call";
import type { Limits } from "./limits";
import { problem, problemOfRefusal } from "./problem";
import { readAsk, readIdempotencyKey, readIfMatch, readWait } from "./read-ask";
import type { BodyReader } from "./read-body";
import type { Access, Route } from "./route";
import { sendEmpty, sendJson, sendText } from "./send";

export interface Served {
  services: Services;
  tokens: TokenVerifier;
  keys: KeyLane;
  limits: Limits;
  readBody: BodyReader;
  publicCatalog: boolean;
  commandTimeoutMs: number;
  log: Logger;
}

type Handler = (request: Request, response: Response) => Promise<void>;

/** The request in the form that a message needs. */
interface Asked {
  route: Route;
  call: Call;
  ask: Record<string, unknown>;
  /** The command's id; a repeat under an Idempotency-Key has the first one's. */
  id: string;
  meta: Meta;
  waitMs: number;
  /** What `If-Match` allows. */
  versions: number[] | undefined;
}

type Answered =
  | { answer: unknown }
  | { refusal: { code: RefusalCode; message: string; details: RefusalDetails } }
  | { accepted: true };

const queryTimeoutMs = 5_000;

const keyClaimed = crashPoint("request: after its key is claimed, before its command is asked");
const commandAnswered = crashPoint("request: after its command is answered, before the client is told");

/** One route as an express handler. What it throws is a Problem, a Fault, or a bug; the error handler knows all three. */
export function serveRoute(route: Route, served: Served): Handler {
  const access: Access = route.options.catalog && served.publicCatalog ? "optional" : route.options.may;
  const authRoute = route.tag === "Authentication";
  return async (request, response) => {
    const call = callOf(response);
    call.route = route.name;
    if (authRoute) await served.limits.authentication(call.ip);
    call.claims = await authenticate(access, request, served.tokens);
    authorize(access, call.claims, route);
    if (!authRoute) await served.limits.request(call.claims?.sub ?? call.ip);
    const asked = await understand(route, call, request, served);
    const answered = await (route.contract.kind === "command"
      ? command(asked, served)
      : query(asked, served));
    if (route.options.afterwards && "answer" in answered)
      await followUp(route, answered.answer, asked, served);
    answer(asked, answered, response);
  };
}

async function understand(route: Route, call: Call, request: Request, served: Served): Promise<Asked> {
  const { options } = route;
  const body = route.body ? await served.readBody(request, call.claims ? "user" : "stranger") : undefined;
  const ask = readAsk(route, request, body);
  if (options.self && call.claims) ask[options.self] = call.claims.sub;
  const versions = options.ifMatch ? readIfMatch(request) : undefined;
  // Of several versions the newest is the likeliest; command() tries another one that the service names.
  if (versions) ask.expectedVersion = Math.max(...versions);
  const wait = options.waits ? readWait(request) : undefined;
  if (wait?.applied) call.headers.push("Preference-Applied", wait.applied);
  return {
    route,
    call,
    ask,
    id: await commandId(route, call, request, ask, served.keys),
    meta: {
      actor: actorOf(call.claims, call.ip),
      requestId: call.requestId,
      causation: null,
      traceparent: traceOf(request),
    },
    waitMs: wait?.waitMs ?? served.commandTimeoutMs,
    versions,
  };
}

async function commandId(
  route: Route,
  call: Call,
  request: Request,
  ask: Record<string, unknown>,
  keys: KeyLane,
): Promise<string> {
  const key = route.keyed ? readIdempotencyKey(request) : undefined;
  if (key === undefined) return newId();
  const claimed = await claimKey(keys, {
    actor: call.claims?.sub ?? `ip:${call.ip}`,
    route: route.name,
    key,
    bodyHash: hashOf(ask, (route.contract as CommandContract).secrets),
    messageId: newId(),
  });
  keyClaimed();
  if (claimed !== "other-body") return claimed.messageId;
  throw problem(
    "idempotency_key_reused",
    "This Idempotency-Key was used with another request within the last day.",
  );
}

const tracePattern = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

function traceOf(request: Request): string | null {
  const header = request.headers.traceparent;
  return typeof header === "string" && tracePattern.test(header) ? header : null;
}

async function query({ route, ask, meta }: Asked, { services }: Served): Promise<Answered> {
  const timeoutMs = route.options.timeoutMs ?? queryTimeoutMs;
  const answered = (await services.ask(route.contract as QueryContract, ask, {
    meta,
    timeoutMs,
  })) as Answered;
  const { parent } = route.options;
  const isEmptyList = "answer" in answered && (answered.answer as { data: unknown[] }).data?.length === 0;
  if (!parent || !isEmptyList) return answered;
  // An empty list of something that is not there would tell a client that it is there.
  const owner = await services.ask(parent.contract, parent.ask(ask), { meta, timeoutMs: queryTimeoutMs });
  return "refusal" in owner ? (owner as Answered) : answered;
}

async function command(asked: Asked, served: Served): Promise<Answered> {
  const { services } = served;
  const { route, ask, id, meta, waitMs } = asked;
  const known = await askUntilKnown(services, route.contract as CommandContract, ask, { id, meta, waitMs });
  commandAnswered();
  if (!("unknown" in known)) {
    const other = otherVersion(asked, known as Answered);
    return other ? command(other, served) : (known as Answered);
  }
  if (known.unknown === "unsent") throw known.fault;
  if (await arrived(asked, services)) return { accepted: true };
  throw inDoubt(asked);
}

/** The same for the version that the record has, when `If-Match` names that one too. */
function otherVersion(asked: Asked, answered: Answered): Asked | undefined {
  if (!asked.versions || !("refusal" in answered)) return undefined;
  const { code, details } = answered.refusal;
  const rest = asked.versions.filter((version) => version !== asked.ask.expectedVersion);
  const found = rest.find((version) => code === "version_conflict" && version === details?.version);
  if (found === undefined) return undefined;
  return { ...asked, id: newId(), ask: { ...asked.ask, expectedVersion: found }, versions: rest };
}

/** Whether the saga is known to its service, asked once when all else gave no answer. */
async function arrived({ route, id, meta }: Asked, services: Services): Promise<boolean> {
  const lookUp = route.options.waits?.lookUp;
  if (!lookUp) return false;
  try {
    return "answer" in (await services.ask(lookUp, { id }, { meta, timeoutMs: queryTimeoutMs }));
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
}

function inDoubt({ route, id, ask }: Asked) {
  const pending = route.options.waits?.pending(id, ask as never);
  const again = "Whether it was done is not known. Send it again with the same Idempotency-Key to learn it.";
  return problem(
    "outcome_unknown",
    `${route.contract.service} was asked and did not answer in time. ${again}`,
    {
      more: pending ? { order_id: pending.body.id } : {},
    },
  );
}

function answer(asked: Asked, answered: Answered, response: Response): void {
  const { route, call, ask, id } = asked;
  const { options } = route;
  if ("refusal" in answered)
    throw problemOfRefusal(answered.refusal, { ifMatch: asked.versions !== undefined });
  if ("accepted" in answered) {
    const pending = options.waits?.pending(id, ask as never);
    if (pending) call.headers.push("Location", pending.location);
    sendJson(response, 202, pending?.body ?? { id });
    return;
  }
  if (options.location) call.headers.push("Location", options.location(answered.answer as never));
  const version = options.etag ? (answered.answer as { version?: number }).version : undefined;
  if (version !== undefined) call.headers.push("ETag", `"${version}"`);
  if (route.status === 204) {
    sendEmpty(response);
    return;
  }
  const given = options.give ? options.give(answered.answer as never) : answered.answer;
  sendText(
    response,
    route.status,
    toRestJson(given, { costs: seesCosts(call.claims), staff: seesStaff(call.claims, route) }),
  );
}
