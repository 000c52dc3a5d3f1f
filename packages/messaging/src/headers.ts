import { Actor, header, type Meta, type ServiceName } from "@quartermaster/contracts";
import type { MsgHdrs } from "nats";
import { isImported, operatorOf } from "./operator";

/** A service that acts by itself. */
export function serviceActor(service: ServiceName): Actor {
  return { kind: "service", id: service };
}

// Header lines are ASCII here: a name such as "Muñoz" travels as \u escapes and comes back whole from JSON.parse.
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

// An actor that was read from a message is the same object in all that follows from it.
const actorTexts = new WeakMap<Actor, string>();

function actorJson(actor: Actor): string {
  let text = actorTexts.get(actor);
  if (text === undefined) {
    text = asciiJson(actor);
    actorTexts.set(actor, text);
  }
  return text;
}

/**
 * Header lines for a message to be published. The client's own headers look every line up twice and copy the text once
 * more, a fifth of what a message costs; of those that it publishes it asks nothing but their bytes.
 */
export function headerLines(fields: Readonly<Record<string, string>>): MsgHdrs {
  let text = "NATS/1.0\r\n";
  for (const name in fields) {
    const value = fields[name] as string;
    if (lineEnd.test(value)) throw new TypeError(`the header ${name} cannot hold more than one line`);
    text += `${name}: ${value}\r\n`;
  }
  const lines: Pick<PublishedHeaders, "encode"> = { encode: () => Buffer.from(`${text}\r\n`) };
  return lines as PublishedHeaders;
}

const lineEnd = /[\r\n]/;

/** What the client calls when it publishes: not in its types. */
interface PublishedHeaders extends MsgHdrs {
  encode(): Uint8Array;
}

/** What is known of a message's origin, as header lines. */
export function metaHeaders(meta: Meta): Record<string, string> {
  const fields: Record<string, string> = { [header.actor]: actorJson(meta.actor) };
  if (meta.requestId) fields[header.request] = meta.requestId;
  if (meta.causation) fields[header.causation] = meta.causation;
  if (meta.traceparent) fields[header.trace] = meta.traceparent;
  return fields;
}

// The same few users act again and again: their header is parsed once. Cleared when full, which is simple and rare.
const actors = new Map<string, Actor>();
const actorsMax = 10_000;

function readActor(text: string): Actor | undefined {
  const known = actors.get(text);
  if (known) return known;
  try {
    const actor = Actor.parse(JSON.parse(text));
    if (actors.size >= actorsMax) actors.clear();
    actors.set(text, actor);
    return actor;
  } catch {
    return undefined;
  }
}

const nobody: Actor = { kind: "anonymous", id: "anonymous" };

/** The origin of a request. An operator's is in the operator's own name, whatever its headers say of the actor. */
export function readRequestMeta({ headers, reply }: { headers?: MsgHdrs; reply?: string }): Meta {
  if (!isImported(reply)) return readMeta(headers);
  const id = operatorOf(headers, reply);
  return readOperatorMeta(headers, id === undefined ? nobody : { kind: "operator", id });
}

// What ids and traces look like. They go into every event that the request causes, so they have to be short.
const plainId = /^[A-Za-z0-9._:-]{1,128}$/;

/** The origin of an operator's request. What its headers say beside the actor is not taken where no program of ours says so. */
export function readOperatorMeta(headers: Pick<MsgHdrs, "get"> | undefined, actor: Actor): Meta {
  const plain = (name: string) => {
    const value = headers?.get(name);
    return value && plainId.test(value) ? value : null;
  };
  return {
    actor,
    requestId: plain(header.request),
    causation: plain(header.causation),
    traceparent: plain(header.trace),
  };
}

/**
 * The origin of a message. Without a readable actor it is anonymous: who may send to a subject at all is the broker's
 * rule, and a handler grants an anonymous actor nothing.
 */
export function readMeta(from: Pick<MsgHdrs, "get"> | undefined): Meta {
  const actor = from?.get(header.actor);
  return {
    actor: (actor ? readActor(actor) : undefined) ?? nobody,
    requestId: from?.get(header.request) || null,
    causation: from?.get(header.causation) || null,
    traceparent: from?.get(header.trace) || null,
  };
}
