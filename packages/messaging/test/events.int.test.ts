import { CreateLocation } from "@quartermaster/contracts";
import { eventually, openWorld, type World } from "@quartermaster/testkit";
import { type Heard, onEvery, type RunningService } from "../src/index";
import { meta, openLocations, startOn } from "./fixture";

let world: World;
let inventory: RunningService;
let audit: RunningService;
let heard: Heard[] = [];

const hearEverything = onEvery(async (_tx, events) => {
  if (events.some((one) => JSON.stringify(one.body).includes("indigestible")))
    throw new Error("cannot hear this one");
  heard.push(...events);
});

beforeEach(async () => {
  heard = [];
  world = await openWorld("inventory", "audit");
  inventory = await startOn(world, "inventory", [openLocations()]);
  audit = await startOn(world, "audit", [hearEverything]);
});
afterEach(async () => {
  await audit?.stop();
  await inventory?.stop();
  await world?.close();
});

const open = (code: string) =>
  inventory.asker.ask(CreateLocation, { code, name: code, type: "DEPOT" }, { meta, timeoutMs: 10_000 });
const openMany = (prefix: string, count: number) =>
  Promise.all(Array.from({ length: count }, (_, n) => open(`${prefix}${n}`)));
const contiguous = async () => {
  const [row] = await world.sql<{ contiguous: number }>(
    "select contiguous::int from audit.heard where source = 'inventory'",
  );
  return row?.contiguous;
};
const numbers = () => heard.map((one) => one.seq).sort((a, b) => a - b);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

test("every event is heard once, in order, with who did it", async () => {
  await openMany("A", 300);
  await eventually(async () => (await contiguous()) === 300, { withinMs: 10_000 });
  expect(heard.map((one) => one.seq)).toEqual(upTo(300));
  expect(heard[0]).toMatchObject({
    source: "inventory",
    epoch: 1,
    seq: 1,
    name: "inventory.location-created.v1",
    meta: { actor: meta.actor, requestId: "r-1" },
    body: { version: 1, old: null },
  });
});

test("the broker is killed and its store deleted: nothing is lost or doubled, and the stream is filled again", async () => {
  await openMany("A", 50);
  await eventually(async () => (await contiguous()) === 50, { withinMs: 10_000 });
  await world.restartNats({ wipe: true });
  await eventually(async () => open("again").catch(() => undefined), { withinMs: 10_000 });
  await openMany("B", 50);
  await eventually(async () => (await contiguous()) === 101, { withinMs: 25_000 });
  expect(numbers()).toEqual(upTo(101));
  const manager = await world.nats.jetstreamManager();
  await eventually(async () => (await manager.streams.info("EVENTS")).state.messages === 101, {
    withinMs: 10_000,
  });
});

test("what was said before a restore and not heard is asked for in its old epoch, beside what is said in the new one", async () => {
  await openMany("A", 20);
  await eventually(async () => (await contiguous()) === 20, { withinMs: 10_000 });
  await Promise.all([inventory.stop(), audit.stop()]);
  // Both come out of a backup in which the audit was behind; the broker has lost its store.
  await world.sql("update audit.heard set contiguous = 15 where source = 'inventory'");
  await world.sql("select inventory.new_epoch()");
  await world.restartNats({ wipe: true });
  heard = [];
  inventory = await startOn(world, "inventory", [openLocations()]);
  audit = await startOn(world, "audit", [hearEverything]);
  await openMany("B", 3);
  const byEpoch = () =>
    world.sql("select epoch, contiguous::int from audit.heard where source = 'inventory' order by epoch");
  const expected = [
    { epoch: 1, contiguous: 20 },
    { epoch: 2, contiguous: 3 },
  ];
  await eventually(async () => JSON.stringify(await byEpoch()) === JSON.stringify(expected), {
    withinMs: 15_000,
  });
  expect(heard.filter(({ epoch }) => epoch === 1).map(({ seq }) => seq)).toEqual([16, 17, 18, 19, 20]);
});

test("a hole and a lost tail are filled by asking the source", async () => {
  await openMany("A", 10);
  await eventually(async () => (await contiguous()) === 10, { withinMs: 10_000 });
  await audit.stop();
  await openMany("B", 10);
  const manager = await world.nats.jetstreamManager();
  await eventually(async () => (await manager.streams.info("EVENTS")).state.messages === 20, {
    withinMs: 10_000,
  });
  for (const seq of [13, 14, 19, 20]) await manager.streams.deleteMessage("EVENTS", seq);
  audit = await startOn(world, "audit", [hearEverything]);
  await eventually(async () => (await contiguous()) === 20, { withinMs: 20_000 });
  expect(numbers()).toEqual(upTo(20));
});

test("a duplicate on the stream has no second effect", async () => {
  await open("A");
  await eventually(async () => (await contiguous()) === 1, { withinMs: 10_000 });
  const manager = await world.nats.jetstreamManager();
  const stored = await manager.streams.getMessage("EVENTS", { seq: 1 });
  stored.header.delete("Nats-Msg-Id");
  await world.nats.jetstream().publish(stored.subject, stored.data, { headers: stored.header });
  await open("B");
  await eventually(async () => (await contiguous()) === 2, { withinMs: 10_000 });
  expect(numbers()).toEqual([1, 2]);
});

test("a poison event is parked with its reason, and the others are heard", async () => {
  await Promise.all([open("A"), open("indigestible"), open("B")]);
  await eventually(async () => (await contiguous()) === 3, { withinMs: 10_000 });
  expect(heard).toHaveLength(2);
  const letters = await world.sql<{ subject: string; reason: string }>(
    "select subject, reason from audit.dead_letters",
  );
  const manager = await world.nats.jetstreamManager();
  const told = await eventually(
    async () =>
      manager.streams.getMessage("DEAD_LETTERS", { last_by_subj: "dlq.audit" }).catch(() => undefined),
    { withinMs: 5_000 },
  );
  expect(told.json()).toMatchObject({
    kind: "event",
    reason: expect.stringContaining("cannot hear this one"),
  });
  expect(letters).toEqual([
    { subject: "evt.inventory.location-created.v1", reason: expect.stringContaining("cannot hear this one") },
  ]);
});

test("what is no event comes again until it could be parked: what is acknowledged behind it does not speak for it", async () => {
  await world.sql(`create function audit.refuse() returns trigger language plpgsql as
    $$ begin raise exception 'no space left' using errcode = '53100'; end $$`);
  await world.sql(
    "create trigger refused before insert on audit.dead_letters for each row execute function audit.refuse()",
  );
  await world.nats.jetstream().publish("evt.inventory.strange.v1", "no event");
  await open("A");
  await eventually(async () => (await contiguous()) === 1, { withinMs: 10_000 });
  const parked = () => world.sql("select subject, body from audit.dead_letters");
  expect(await parked()).toEqual([]);
  await world.sql("drop trigger refused on audit.dead_letters");
  await eventually(async () => (await parked()).length > 0, { withinMs: 10_000 });
  expect(await parked()).toEqual([{ subject: "evt.inventory.strange.v1", body: "no event" }]);
  const manager = await world.nats.jetstreamManager();
  await eventually(async () => (await manager.consumers.info("EVENTS", "audit")).num_ack_pending === 0, {
    withinMs: 10_000,
  });
});

test("two instances hear as one", async () => {
  const second = await startOn(world, "audit", [hearEverything], "two");
  await openMany("A", 400);
  await eventually(async () => (await contiguous()) === 400, { withinMs: 15_000 });
  expect(numbers()).toEqual(upTo(400));
  await second.stop();
});

test("when the listening instance loses its session, another one listens, and nothing is heard twice", async () => {
  const second = await startOn(world, "audit", [hearEverything], "two");
  await openMany("A", 100);
  await eventually(async () => (await contiguous()) === 100, { withinMs: 15_000 });
  await world.sql(
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted
     and database = (select oid from pg_database where datname = current_database())`,
  );
  await openMany("B", 100);
  await eventually(async () => (await contiguous()) === 200, { withinMs: 15_000 });
  expect(numbers()).toEqual(upTo(200));
  const manager = await world.nats.jetstreamManager();
  await eventually(async () => (await manager.consumers.info("EVENTS", "audit")).num_ack_pending === 0, {
    withinMs: 10_000,
  });
  await second.stop();
});
