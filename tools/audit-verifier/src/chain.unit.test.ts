import { type ChainRow, chainStart, hashBehind } from "./chain";

/** The example that services/audit/README.md points to, as it lies in the table. */
const placed: ChainRow = {
  position: "1",
  source: "orders",
  epoch: 1,
  seq: "1",
  at: new Date("2026-03-01T09:00:00.000Z"),
  recorded_at: new Date("2026-03-01T09:00:00.017Z"),
  actor_kind: "user",
  user_id: "0199f2c0-0000-7000-8000-000000000001",
  user_name: "Ana Muñoz",
  role: "SALES",
  ip: null,
  action: "CREATE",
  entity: "order",
  record_id: "0199f2c0-0000-7000-8000-000000000002",
  version: "1",
  event: "orders.order-placed.v1",
  description: "Order placed: stock reserved, invoice issued",
  old_values: null,
  new_values: '{"status":"PENDING","notes":"a \\"quoted\\" word\\n"}',
  request_id: "req-1",
  hash: Buffer.alloc(32),
};

test("the hash of a record is the one that the audit publishes for its example", () => {
  expect(hashBehind(chainStart, placed)).toBe(
    "8cb4e0c7c74ebd803f88e75b1950b4ac48c8067a78aefb85146190a3db592c97",
  );
  expect(hashBehind(chainStart, { ...placed, request_id: null })).not.toBe(hashBehind(chainStart, placed));
});
