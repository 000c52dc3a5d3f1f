import { type Heard, header, type Meta } from "@quartermaster/contracts";
import type { JsMsg, MsgHdrs } from "nats";
import { headerLines, metaHeaders, readMeta } from "./headers";
import { jsonIn } from "./json";
import type { OutboxRow } from "./outbox";

/** What the server adds to a message that it takes out of a stream for whoever asks for it. */
const copiedFrom = "Nats-Stream";

/** Epochs are integer columns. */
export const epochMax = 2_147_483_647;

/** The id of an event on the wire: what the stream and every receiver know it by. */
export function eventId(event: { source: string; epoch: number; seq: number }): string {
  return `${event.source}-${event.epoch}-${event.seq}`;
}

/** The headers of an outbox row on its way into the stream. */
export function eventHeaders(source: string, row: OutboxRow): MsgHdrs {
  const fields = metaHeaders(JSON.parse(row.meta) as Meta);
  fields[header.id] = eventId({ source, epoch: row.epoch, seq: row.seq });
  fields[header.source] = source;
  fields[header.epoch] = String(row.epoch);
  fields[header.seq] = String(row.seq);
  fields[header.at] = row.at;
  return headerLines(fields);
}

/** An event as a consumer gets it. Throws when headers or body do not make one. */
export function readEvent(msg: JsMsg): Heard {
  const about = msg.headers;
  // The subject decides whose event it is: the broker grants subjects, not headers.
  const source = msg.subject.split(".")[1];
  const epoch = Number(about?.get(header.epoch));
  const seq = Number(about?.get(header.seq));
  const numbered =
    Number.isInteger(epoch) && epoch > 0 && epoch <= epochMax && Number.isSafeInteger(seq) && seq > 0;
  // The server can be asked to send what a stream holds to any subject, and says so: nobody's event.
  if (about?.has(copiedFrom)) throw new Error("the message is a copy that was taken out of a stream");
  if (!source || source !== about?.get(header.source) || !numbered) {
    throw new Error(
      "the headers Qm-Source, Qm-Epoch and Qm-Source-Seq do not number an event of its subject's service",
    );
  }
  return {
    source,
    epoch,
    seq,
    name: nameIn(msg.subject),
    at: about?.get(header.at) ?? "",
    meta: readMeta(about),
    body: jsonIn(msg.data) as Heard["body"],
  };
}

/** An event as its source replays it: the same, to the last field, as it would be off the stream. */
export function heardFrom(source: string, row: OutboxRow): Heard {
  const fields = metaHeaders(JSON.parse(row.meta) as Meta);
  return {
    source,
    epoch: row.epoch,
    seq: row.seq,
    name: nameIn(row.subject),
    at: row.at,
    meta: readMeta({ get: (name) => fields[name] ?? "" }),
    body: JSON.parse(row.body),
  };
}

function nameIn(subject: string): string {
  return subject.slice("evt.".length);
}
