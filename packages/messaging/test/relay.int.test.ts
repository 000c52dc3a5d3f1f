import { CreateLocation, LocationCreated } from "@quartermaster/contracts";
import { eventually, openWorld, type World } from "@quartermaster/testkit";
import { Defect, done, type Handler, handle, type RunningService } from "../src/index";
import { locationOf, meta, openLocations, startOn } from "./fixture";

let world: World;
const running: RunningService[] = [];

beforeEach(async () => {
  world = await openWorld("inventory");
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
  await world?.close();
});

const start = async (instance: string, messages: Handler[] = [openLocations()]) => {
  const service = await startOn(world, "inventory", messages, instance);
  running.push(service);
  return service;
};
const open = (service: RunningService, code: string) =>
  service.asker.ask(CreateLocation, { code, name: code, type: "DEPOT" }, { meta, timeoutMs: 10_000 });
const stored = async () => {
  const manager = await world.nats.jetstreamManager();
  return (await manager.streams.info("EVENTS")).state.messages;
};

test("when the leading relay loses its session, another instance leads, and the fence has grown", async () => {
  const one = await start("one");
  await open(one, "A");
  await eventually(async () => (await stored()) === 1, { withinMs: 10_000 });
  const [before] = await world.sql<{ fence: number }>("select fence::int from inventory.relay");
  await start("two");
  await world.sql(
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted
     and database = (select oid from pg_database where datname = current_database())`,
  );
  await open(one, "B");
  await eventually(async () => (await stored()) === 2, { withinMs: 10_000 });
  // A leader may publish once more before it learns that its session has ended.
  const hasGrown = async () => {
    const [after] = await world.sql<{ fence: number }>("select fence::int from inventory.relay");
    return (after?.fence ?? 0) > (before?.fence ?? 0);
  };
  await eventually(hasGrown, { withinMs: 10_000 });
});

test("partitions for what comes next are made ahead, and making them again changes nothing", async () => {
  const partitions = async () =>
    (
      await world.sql<{ name: string }>(
        `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
         where i.inhparent in ('inventory.inbox'::regclass, 'inventory.outbox'::regclass) order by 1`,
      )
    ).map((row) => row.name);
  const before = await partitions();
  expect(before.filter((name) => name.startsWith("inbox_"))).toHaveLength(5);
  expect(before.filter((name) => name.startsWith("outbox_1_"))).toEqual(
    [0, 1, 2, 3, 4].map((n) => `outbox_1_${n}`),
  );
  await world.sql("select inventory.keep_partitions(interval '14 days')");
  expect(await partitions()).toEqual(before);
});

test("a restored database that would use numbers twice says nothing until it has a new epoch", async () => {
  const one = await start("one");
  for (const code of ["A", "B", "C"]) await open(one, code);
  await eventually(async () => (await stored()) === 3, { withinMs: 10_000 });
  await Promise.all(running.splice(0).map((service) => service.stop()));
  await world.sql("delete from inventory.outbox where seq > 1");
  await world.sql("update inventory.event_counter set last_seq = 1");
  await world.sql("update inventory.relay set seq = 1");
  const restored = await start("restored");
  await open(restored, "D");
  const [said] = await world.sql<{ n: number }>("select count(*)::int as n from inventory.outbox");
  expect(said?.n).toBe(2);
  await Promise.all(running.splice(0).map((service) => service.stop()));
  expect(await stored()).toBe(3);
  await world.sql("select inventory.new_epoch()");
  await open(await start("again"), "E");
  await eventually(async () => (await stored()) === 4, { withinMs: 10_000 });
  const manager = await world.nats.jetstreamManager();
  const last = await manager.streams.getMessage("EVENTS", { seq: 4 });
  expect([last.header.get("Qm-Epoch"), last.header.get("Qm-Source-Seq")]).toEqual(["2", "1"]);
});

test("an event is published with the time that its row holds", async () => {
  const one = await start("one");
  await Promise.all(Array.from({ length: 40 }, (_, n) => open(one, `T${n}`)));
  await eventually(async () => (await stored()) === 40, { withinMs: 10_000 });
  const rows = await world.sql<{ seq: number; at: Date }>(
    "select seq::int, at from inventory.outbox order by seq",
  );
  const manager = await world.nats.jetstreamManager();
  for (const { seq, at } of rows) {
    const published = await manager.streams.getMessage("EVENTS", { seq });
    expect(published.header.get("Qm-Time")).toBe(at.toISOString());
  }
});

test("an event too large for the server fails its own transaction, and holds up no later one", async () => {
  const names: Record<string, string> = {
    LARGE: "x".repeat(700 * 1024),
    // Fewer characters, more bytes.
    OVERSIZE: "\u5c71".repeat(400 * 1024),
  };
  const opening = handle(CreateLocation, async (_tx, commands) =>
    commands.map((one) => {
      const { id, code, name, type, version } = locationOf(one);
      const fields = { id, code, name: names[code] ?? name, type, version };
      return done(locationOf(one), LocationCreated.of({ entityId: id, version, old: null, new: fields }));
    }),
  );
  const one = await start("one", [opening]);
  await expect(open(one, "OVERSIZE")).rejects.toBeInstanceOf(Defect);
  await open(one, "LARGE");
  await open(one, "B");
  await eventually(async () => (await stored()) === 2, { withinMs: 10_000 });
  const letters = await world.sql<{ reason: string }>("select reason from inventory.dead_letters");
  expect(letters).toEqual([{ reason: expect.stringMatching(/too large to be published/) }]);
});
