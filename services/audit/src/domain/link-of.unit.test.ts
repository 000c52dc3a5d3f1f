import type { Heard } from "@quartermaster/messaging";
import { linkOf } from "./link-of";

const recordedAt = "2026-03-01T09:00:00.017Z";

const created: Heard = {
  source: "inventory",
  epoch: 1,
  seq: 7,
  name: "inventory.product-created.v1",
  at: "2026-03-01T09:00:00.000Z",
  meta: {
    actor: { kind: "user", id: "u-1", name: "ana@example.com", role: "MANAGER", ip: "10.0.0.7" },
    requestId: "req-1",
    causation: "c-1",
    traceparent: null,
  },
  body: { entityId: "12", version: 1, old: null, new: { sku: "W-1", priceMinor: 150 } },
};

test("an event is recorded with its actor, its values as they came, and its contract's words", () => {
  expect(linkOf(created, recordedAt)).toEqual({
    source: "inventory",
    epoch: 1,
    seq: 7,
    at: "2026-03-01T09:00:00.000Z",
    recordedAt,
    actorKind: "user",
    userId: "u-1",
    userName: "ana@example.com",
    role: "MANAGER",
    ip: "10.0.0.7",
    action: "CREATE",
    entity: "product",
    recordId: "12",
    version: 1,
    event: "inventory.product-created.v1",
    description: "Product created",
    oldValues: null,
    newValues: '{"sku":"W-1","priceMinor":150}',
    requestId: "req-1",
  });
});

test("a service that acts by itself has no name, role or address", () => {
  const byItself = { ...created.meta, actor: { kind: "service" as const, id: "orders" }, requestId: null };
  expect(linkOf({ ...created, meta: byItself }, recordedAt)).toMatchObject({
    actorKind: "service",
    userId: "orders",
    userName: null,
    role: null,
    ip: null,
    requestId: null,
  });
});

test.each([
  ["orders.order-shipped.v2", "order", "Order shipped"],
  ["billing.debit-note-issued.v1", "debit-note", "Debit note issued"],
  ["audit.checked.v1", "checked", "Checked"],
])(
  "an event that this version does not know (%s) is recorded as a command on %s",
  (name, entity, description) => {
    expect(linkOf({ ...created, name }, recordedAt)).toMatchObject({
      action: "COMMAND",
      entity,
      description,
    });
  },
);

test("what Postgres cannot store is replaced before it is hashed, so that the chain can be recomputed from the table", () => {
  const actor = { kind: "user" as const, id: "a\0b", name: "half \ud83d pair, whole \ud83d\ude00" };
  const odd = {
    ...created,
    meta: { ...created.meta, actor },
    body: { ...created.body, new: { note: "a\0\ud83d" } },
  };
  expect(linkOf(odd, recordedAt)).toMatchObject({
    userId: "a\ufffdb",
    userName: "half \ufffd pair, whole \ud83d\ude00",
    newValues: '{"note":"a\\u0000\\ud83d"}',
  });
});
