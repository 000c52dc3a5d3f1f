import { headers, type JsMsg } from "nats";
import { eventHeaders, heardFrom, readEvent } from "./event-wire";
import type { OutboxRow } from "./outbox";

const row = (meta: object): OutboxRow => ({
  epoch: 2,
  seq: 7,
  at: "2026-01-01T00:00:00.000Z",
  subject: "evt.inventory.location-created.v1",
  meta: JSON.stringify(meta),
  body: JSON.stringify({ entityId: "A", version: 1, old: null, new: { name: "Peñón" } }),
});

/** As a receiver reads it off the stream. */
function offTheStream(from: OutboxRow) {
  const { encode } = eventHeaders("inventory", from) as unknown as { encode(): Uint8Array };
  const about = headers();
  for (const line of Buffer.from(encode()).toString().split("\r\n").slice(1)) {
    const [name = "", value = ""] = line.split(/: (.*)/);
    if (name) about.set(name, value);
  }
  return readEvent({
    subject: from.subject,
    headers: about,
    data: Buffer.from(from.body),
  } as unknown as JsMsg);
}

const actor = { kind: "user", id: "u-1", name: "Ana Muñoz", role: "ADMIN" };

test.each([
  ["whole", { actor, requestId: "r-1", causation: "c-1", traceparent: "t-1" }],
  ["of nothing but its actor", { actor: { kind: "service", id: "inventory" } }],
  ["with an actor of an unknown kind", { actor: { kind: "ghost", id: "1" }, requestId: null }],
])("an event %s is the same off the stream and from its source", (_what, meta) => {
  const heard = heardFrom("inventory", row(meta));
  expect(heard).toEqual(offTheStream(row(meta)));
  expect(Object.keys(heard.meta)).toEqual(["actor", "requestId", "causation", "traceparent"]);
});
