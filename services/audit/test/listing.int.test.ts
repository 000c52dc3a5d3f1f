import { ListAudit } from "@quartermaster/contracts";
import type { RunningService } from "@quartermaster/messaging";
import { eventually, openWorld, type World } from "@quartermaster/testkit";
import { Client } from "pg";
import { ana, ben, list, openMany, recorded, startAudit, startInventory } from "./fixture";

let world: World;
let inventory: RunningService;
let audit: RunningService;

beforeAll(async () => {
  world = await openWorld("inventory", "audit");
  inventory = await startInventory(world);
  audit = await startAudit(world);
  await openMany(inventory, "A", 10, ana);
  await recorded(world, 10);
  await openMany(inventory, "B", 15, ben);
  await recorded(world, 25);
});
afterAll(async () => {
  await audit?.stop();
  await inventory?.stop();
  await world?.close();
});

const ids = (page: Awaited<ReturnType<typeof list>>) => page.data.map((record) => record.recordId).sort();
const codes = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${prefix}${n}`).sort();

test("a record shows who did what to which entity, before and after, when and why it can be believed", async () => {
  const [before, record] = (await list(audit, { order: "asc", limit: 2 })).data;
  expect(record).toEqual({
    position: 2,
    source: "inventory",
    epoch: 1,
    seq: 2,
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*\.\d{3}Z$/),
    recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*\.\d{3}Z$/),
    actorKind: "user",
    userId: "u-ana",
    userName: "Ana Muñoz",
    role: "ADMIN",
    ip: "10.0.0.7",
    action: "CREATE",
    entity: "location",
    recordId: "A1",
    version: 1,
    event: "inventory.location-created.v1",
    description: "Location opened",
    oldValues: null,
    newValues: { id: expect.any(String), code: "A1", name: "A1", type: "DEPOT", version: 1 },
    requestId: "req-ana",
    prevHash: before?.hash,
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(before?.prevHash).toBe("0".repeat(64));
  expect(ListAudit.answer.parse({ data: [before, record], next: null }).data).toEqual([before, record]);
});

test("records are found by user, record, request, entity, action and time, together too", async () => {
  expect(ids(await list(audit, { userId: "u-ben", entity: "location" }))).toEqual(codes("B", 15));
  expect(ids(await list(audit, { recordId: "A3" }))).toEqual(["A3"]);
  expect(ids(await list(audit, { requestId: "req-ana", action: "CREATE" }))).toEqual(codes("A", 10));
  expect(ids(await list(audit, { entity: "order" }))).toEqual([]);
  expect(ids(await list(audit, { recordId: "A3", userId: "u-ben" }))).toEqual([]);
  const [firstOfBen] = (await list(audit, { userId: "u-ben", entity: "location", order: "asc", limit: 1 }))
    .data;
  expect(ids(await list(audit, { entity: "location", to: firstOfBen?.at ?? "" }))).toEqual(codes("A", 10));
  expect(ids(await list(audit, { entity: "location", from: firstOfBen?.at ?? "" }))).toEqual(codes("B", 15));
});

test.each(["asc", "desc"] as const)("pages in order %s show every record once, then end", async (order) => {
  const positions: number[] = [];
  let after: string | null = null;
  do {
    const page = await list(audit, { entity: "location", order, limit: 10, ...(after ? { after } : {}) });
    positions.push(...page.data.map((record) => record.position));
    after = page.next;
  } while (after);
  const sorted = [...new Set(positions)].sort((a, b) => (order === "asc" ? a - b : b - a));
  expect(positions).toHaveLength(25);
  expect(positions).toEqual(sorted);
});

test.each(["nonsense", "[]", "[-1]", '["1"]', "[1,2]", '["\\u0000"]'])(
  "a cursor around %s is refused",
  async (inside) => {
    const answered = await audit.asker.ask(
      ListAudit,
      { after: Buffer.from(inside).toString("base64url"), limit: 10, order: "desc" },
      { meta: ana, timeoutMs: 5_000 },
    );
    expect(answered).toMatchObject({ refusal: { code: "bad_request", details: { field: "after" } } });
  },
);

test("a search that takes too long is given up as a fault, and the next one is answered", async () => {
  const holder = new Client({ connectionString: world.ownerUrl });
  await holder.connect();
  await holder.query("begin; lock table audit.records in access exclusive mode");
  await expect(list(audit, { entity: "location", limit: 1 })).rejects.toThrow("could not do it now");
  await holder.query("rollback");
  await holder.end();
  expect((await list(audit, { entity: "location", limit: 1 })).data).toHaveLength(1);
});

test("who read the trail, with which filter and what they were shown, is in the trail", async () => {
  const ola = {
    ...ana,
    actor: { kind: "user" as const, id: "u-ola", name: "Ola", role: "VIEWER" as const },
    requestId: "req-ola",
  };
  const page = await list(audit, { recordId: "B7" }, ola);
  const shown = page.data[0]?.position;
  const [read] = await eventually(
    async () => {
      const { data } = await list(audit, { action: "READ", userId: "u-ola" });
      return data.length > 0 && data;
    },
    { withinMs: 10_000 },
  );
  expect(read).toMatchObject({
    source: "audit",
    userName: "Ola",
    role: "VIEWER",
    action: "READ",
    entity: "audit",
    event: "audit.records-read.v1",
    description: "Audit records read",
    requestId: "req-ola",
    oldValues: null,
    newValues: {
      filter: { recordId: "B7", limit: 50, order: "desc" },
      records: 1,
      positions: { first: shown, last: shown },
    },
  });
});

test("a page of long records stays below what a message can carry, and goes on behind it", async () => {
  const long = "x".repeat(90_000);
  await world.sql(
    `with said as (update inventory.event_counter set last_seq = last_seq + 15 returning epoch, last_seq - 15 as before)
     insert into inventory.outbox (epoch, seq, at, subject, meta, body)
     select epoch, before + n, now(), 'evt.inventory.essay-written.v1', '{"actor":{"kind":"service","id":"inventory"}}',
       json_build_object('entityId', 'essay-' || n, 'version', 1, 'old', null, 'new', json_build_object('text', $1::text))
     from said, generate_series(1, 15) as n`,
    [long],
  );
  await recorded(world, 40);
  const first = await list(audit, { entity: "essay", limit: 50 });
  expect(first.data.map((record) => record.recordId)).toEqual([
    "essay-15",
    "essay-14",
    "essay-13",
    "essay-12",
    "essay-11",
  ]);
  const second = await list(audit, { entity: "essay", limit: 50, after: first.next ?? "" });
  expect(second.data[0]?.recordId).toBe("essay-10");
});
