import { Writable } from "node:stream";
import { CreateLocation, GetOrder, LocationCreated, opsSubject, PlaceOrder } from "@quartermaster/contracts";
import { ProcessConfig } from "@quartermaster/process";
import {
  eventually,
  openRawNats,
  openWorld,
  rawMessage,
  silentLog,
  type World,
} from "@quartermaster/testkit";
import { headers } from "nats";
import { pino } from "pino";
import {
  accepted,
  type Heard,
  handle,
  type Meta,
  onEvery,
  type RunningService,
  reply,
  startService,
} from "../src/index";
import { meta, openLocations, startOn } from "./fixture";

let world: World;
const running: RunningService[] = [];

beforeEach(async () => {
  world = await openWorld("inventory", "orders", "audit");
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
  await world?.close();
});

const configOf = (service: "orders" | "inventory", user: typeof service) =>
  ProcessConfig.parse({
    DATABASE_URL: world.databaseUrl(service),
    ...world.natsFor(user),
    INSTANCE: "one",
    DATABASE_POOL_MAX: 4,
  });

test("a service that lacks a right says in its log which, and that it failed; whoever asks in vain hears it at once", async () => {
  const lines: Record<string, unknown>[] = [];
  const log = pino(
    new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(JSON.parse(String(chunk)));
        done();
      },
    }),
  );
  const start = handle(PlaceOrder, async (_tx, commands) => commands.map(() => accepted()));
  const config = configOf("orders", "inventory");
  const orders = await startService({ service: "orders", config, log, messages: [start] });
  running.push(orders);
  const asked = orders.asker.ask(
    CreateLocation,
    { code: "A", name: "A", type: "DEPOT" },
    { meta, timeoutMs: 20_000 },
  );
  await expect(asked).rejects.toMatchObject({ name: "Fault", kind: "denied" });
  const said = { level: 50, user: "inventory", msg: expect.stringContaining("lacks a right") };
  const expected = [
    { ...said, operation: "subscription", subject: opsSubject("orders", "health") },
    { ...said, operation: "publish", subject: CreateLocation.subject },
  ];
  const failure = await orders.failed;
  expect(failure.message).toMatch(/^nothing is served any more: .*ops\.orders\.health/);
  expect(lines).toEqual(expect.arrayContaining(expected.map((one) => expect.objectContaining(one))));
});

test("a mark with headers that nobody can read is told in the log, and otherwise ignored", async () => {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const audit = await startOn(world, "audit", [onEvery(async () => undefined)], "one", pino({}, { write }));
  running.push(audit);
  const evil = await openRawNats(world.natsUrl, "inventory");
  await evil.send(
    rawMessage("ops.inventory.high-water", { headers: "NATS/1.0\r\nbad key: x\r\n\r\n", body: "{}" }),
  );
  evil.close();
  await eventually(async () => lines.some((line) => line.includes("headers that cannot be read")), {
    withinMs: 5_000,
  });
  await audit.nats.flush();
  expect(audit.isConnected()).toBe(true);
});

test("who asks is the operator, whatever the message says of the actor", async () => {
  const seen: Meta["actor"][] = [];
  const show = reply(GetOrder, async (_db, _ask, { actor }) => {
    seen.push(actor);
    throw new Error("seen enough");
  });
  const config = configOf("orders", "orders");
  running.push(await startService({ service: "orders", config, log: silentLog, messages: [show] }));
  const operator = await world.operator("bob");
  const about = headers();
  about.set("Qm-Actor", '{"kind":"user","id":"somebody-else","role":"ADMIN"}');
  const ask = JSON.stringify({ id: "019a2b3c-0000-7000-8000-0000000000a1" });
  await operator.request(GetOrder.subject, ask, { timeout: 5_000, headers: about });
  expect(seen).toEqual([{ kind: "operator", id: "bob" }]);
});

test("what the server takes out of a stream, at anybody's request, is neither a command nor an event", async () => {
  const heard: Heard[] = [];
  const hearEverything = onEvery(async (_tx, events) => void heard.push(...events));
  const inventory = await startOn(world, "inventory", [openLocations()]);
  running.push(inventory, await startOn(world, "audit", [hearEverything]));
  const open = (code: string) => {
    const ask = { code, name: code, type: "DEPOT" as const };
    return inventory.asker.ask(CreateLocation, ask, { meta, timeoutMs: 10_000 });
  };
  await open("A");
  await eventually(async () => heard.length === 1, { withinMs: 10_000 });
  // A service with a grudge says an event that is a command inside, and has the server take it where it may not go itself.
  const evil = await openRawNats(world.natsUrl, "inventory");
  const passed: string[] = [];
  const targets = [CreateLocation.subject, "evt.orders.order-placed.v1"];
  for (const subject of targets) {
    world.nats.subscribe(subject, { callback: (_error, msg) => passed.push(msg.subject) });
  }
  await world.nats.flush();
  const inDisguise = "NATS/1.0\r\nQm-Source: orders\r\nQm-Epoch: 1\r\nQm-Source-Seq: 1\r\n\r\n";
  const body = JSON.stringify({ code: "EVIL", name: "EVIL", type: "DEPOT" });
  await evil.send(rawMessage("evt.inventory.evil.v1", { headers: inDisguise, body }));
  for (const subject of targets) {
    await evil.send(`PUB $JS.API.DIRECT.GET.EVENTS.evt.inventory.evil.v1 ${subject} 0\r\n`);
  }
  evil.close();
  await eventually(async () => targets.every((subject) => passed.includes(subject)), { withinMs: 5_000 });
  await open("B");
  await eventually(async () => heard.length === 2, { withinMs: 10_000 });
  expect(heard.map(({ name }) => name)).toEqual([LocationCreated.name, LocationCreated.name]);
  const letters = () =>
    world.sql<{ subject: string; reason: string }>(
      "select subject, reason from audit.dead_letters order by parked_at, subject",
    );
  await eventually(async () => (await letters()).length === 2, { withinMs: 10_000 });
  expect(await letters()).toEqual([
    { subject: "evt.inventory.evil.v1", reason: expect.stringContaining("do not number an event") },
    { subject: "evt.orders.order-placed.v1", reason: expect.stringContaining("a copy") },
  ]);
  expect(await world.sql("select 1 from inventory.outbox where body like '%EVIL%'")).toEqual([]);
});
