import type { RunningService } from "@quartermaster/messaging";
import { eventually, openWorld, type World } from "@quartermaster/testkit";
import { openMany, recorded, startAudit, startInventory, verify } from "./fixture";

let world: World;
let inventory: RunningService;
let audit: RunningService;

beforeEach(async () => {
  world = await openWorld("inventory", "audit");
  inventory = await startInventory(world);
  audit = await startAudit(world);
});
afterEach(async () => {
  await audit?.stop();
  await inventory?.stop();
  await world?.close();
});

const whole = (count: number) => ({
  ok: true,
  records: count,
  head: { position: count, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
  firstBroken: null,
  sources: [{ source: "inventory", epoch: 1, records: count, highest: count, missing: 0 }],
});

async function streamed(count: number) {
  const manager = await world.nats.jetstreamManager();
  await eventually(async () => (await manager.streams.info("EVENTS")).state.messages >= count, {
    withinMs: 10_000,
  });
  return manager;
}

test("every event of another service is recorded once, and equals what its outbox says", async () => {
  await openMany(inventory, "A", 700);
  await recorded(world, 700);
  expect(await verify(audit)).toEqual(whole(700));
  const differing = await world.sql(`
    select o.seq from inventory.outbox o left join audit.records r
      on r.source = 'inventory' and r.epoch = o.epoch and r.seq = o.seq
    where r.position is null or 'evt.' || r.event <> o.subject or r.at <> date_trunc('milliseconds', o.at)
      or o.body <> format('{"entityId":"%s","version":%s,"old":%s,"new":%s}', r.record_id, r.version,
           coalesce(r.old_values, 'null'), coalesce(r.new_values, 'null'))
      or r.user_id <> o.meta::json #>> '{actor,id}' or r.request_id <> o.meta::json ->> 'requestId'`);
  expect(differing).toEqual([]);
});

test("events that come twice, out of order or not at all are recorded once each", async () => {
  await openMany(inventory, "A", 20);
  await recorded(world, 20);
  await audit.stop();
  await openMany(inventory, "B", 20);
  const manager = await streamed(40);
  for (const seq of [3, 25, 25, 31]) {
    const stored = await manager.streams.getMessage("EVENTS", { seq });
    stored.header.delete("Nats-Msg-Id");
    await world.nats.jetstream().publish(stored.subject, stored.data, { headers: stored.header });
  }
  // Number 25 now comes after 40; 22, 23 and the tail but one do not come at all.
  for (const seq of [22, 23, 25, 39]) await manager.streams.deleteMessage("EVENTS", seq);
  audit = await startAudit(world);
  await recorded(world, 40, 20_000);
  expect(await verify(audit)).toEqual(whole(40));
});

test("the broker is killed and its store deleted while events are said: none is lost or doubled", async () => {
  await openMany(inventory, "A", 50);
  await world.restartNats({ wipe: true });
  await eventually(() => openMany(inventory, "B", 1).then(() => true), { withinMs: 15_000 });
  await openMany(inventory, "C", 49);
  const [said] = await world.sql<{ n: number }>("select count(*)::int as n from inventory.outbox");
  await recorded(world, said?.n ?? 0, 25_000);
  expect(await verify(audit)).toEqual(whole(said?.n ?? 0));
});

test("two instances write one chain", async () => {
  const second = await startAudit(world, "two");
  await Promise.all(["A", "B", "C"].map((prefix) => openMany(inventory, prefix, 200)));
  await recorded(world, 600);
  expect(await verify(second)).toEqual(whole(600));
  await second.stop();
});

test("an event that this version has no contract for is recorded all the same", async () => {
  await world.sql(`
    update inventory.event_counter set last_seq = 1;
    insert into inventory.outbox (epoch, seq, at, subject, meta, body) values
      (1, 1, now(), 'evt.inventory.shelf-painted.v1', '{"actor":{"kind":"operator","id":"olga"}}',
       '{"entityId":"s-1","version":3,"old":{"colour":"red"},"new":{"colour":"blue"}}')`);
  await recorded(world, 1);
  const rows = await world.sql(
    "select action, entity, record_id, event, description, old_values, new_values, actor_kind, user_id, request_id from audit.records",
  );
  expect(rows).toEqual([
    {
      action: "COMMAND",
      entity: "shelf",
      record_id: "s-1",
      event: "inventory.shelf-painted.v1",
      description: "Shelf painted",
      old_values: '{"colour":"red"}',
      new_values: '{"colour":"blue"}',
      actor_kind: "operator",
      user_id: "olga",
      request_id: null,
    },
  ]);
});
