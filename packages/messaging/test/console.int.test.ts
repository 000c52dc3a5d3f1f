import {
  allOps,
  CreateLocation,
  ListLocations,
  type OpsContract,
  PlaceOrder,
} from "@quartermaster/contracts";
import { eventually, openWorld, operate, type World } from "@quartermaster/testkit";
import { type NatsConnection, RequestStrategy } from "nats";
import { type Logger, pino } from "pino";
import { accepted, handle, type RunningService, refuse, reply } from "../src/index";
import { meta, openLocations, startOn } from "./fixture";

let world: World;
let one: RunningService;
let two: RunningService;
let ada: NatsConnection;
const logs = new Map<string, Logger>();

beforeAll(async () => {
  world = await openWorld("inventory", "orders");
  [one, two] = await Promise.all(
    ["one", "two"].map((name) => start(name)) as [Promise<RunningService>, Promise<RunningService>],
  );
  ada = await world.operator("ada");
});
afterAll(async () => {
  await Promise.all([one?.stop(), two?.stop()]);
  await world?.close();
});

function start(instance: string): Promise<RunningService> {
  const log = pino({ level: "info" }, { write: () => undefined });
  logs.set(instance, log);
  return startOn(world, "inventory", [openLocations()], instance, log);
}

const open = (code: string) =>
  one.asker.ask(CreateLocation, { code, name: code, type: "DEPOT" }, { meta, timeoutMs: 10_000 });
const acted = () =>
  world.sql<{ meta: string; body: string }>(
    "select meta, body from inventory.outbox where subject = 'evt.inventory.operator-acted.v1' order by seq",
  );

test("every endpoint tells what it is for, and what it takes and answers as JSON Schema", async () => {
  const infos = [];
  for await (const info of await ada.services.client().info("inventory")) infos.push(info);
  expect(infos.map(({ metadata }) => metadata?.instance).sort()).toEqual(["one", "two"]);
  // The one that leads has the command, too.
  infos.sort((a, b) => (b.endpoints?.length ?? 0) - (a.endpoints?.length ?? 0));
  const endpoints = infos[0]?.endpoints ?? [];
  expect(infos[1]?.endpoints).toHaveLength(endpoints.length - 1);
  const verbs = allOps.filter(({ services }) => services.length > 1);
  // One for the command; a verb of instances has a second one.
  expect(endpoints).toHaveLength(
    1 + verbs.length + verbs.filter(({ instances }) => instances !== "one").length,
  );
  for (const { name, metadata } of endpoints) {
    expect([name, metadata?.description]).toEqual([name, expect.stringMatching(/^[A-Z].{10,}\.$/s)]);
    const schema = { $schema: "https://json-schema.org/draft/2020-12/schema", type: "object" };
    for (const part of ["ask", "answer"]) expect(JSON.parse(metadata?.[part] ?? "")).toMatchObject(schema);
  }
  // A service has some 15 messages beside the verbs: with ten times as much it would still fit.
  expect(JSON.stringify(infos[0]).length).toBeLessThan((ada.info?.max_payload ?? 0) / 10);
});

test("an empty body will do where nothing has to be said, and either instance answers", async () => {
  const { body } = await operate(ada, "ops.inventory.health", "");
  expect(body).toEqual({
    service: "inventory",
    instance: expect.stringMatching(/^(one|two)$/),
    version: "0.1.0",
    ready: true,
    uptimeSeconds: expect.any(Number),
    atWork: expect.any(Boolean),
    logLevel: "info",
    openDeadLetters: 0,
    heard: [],
    events: { epoch: 1, said: 0, published: 0 },
  });
  for (const name of ["one", "two"])
    expect((await operate(ada, `ops.inventory.${name}.health`)).body).toMatchObject({ instance: name });
});

test("the configuration is shown per instance, without its secrets", async () => {
  for (const name of ["one", "two"]) {
    const { body } = await operate(ada, `ops.inventory.${name}.config`);
    const secrets = { DATABASE_URL: expect.stringContaining(":[secret]@"), NATS_PASSWORD: "[secret]" };
    expect(body).toMatchObject({ instance: name, values: { INSTANCE: name, ...secrets } });
  }
});

test.each([
  ["no JSON", "reason", /^The body is not JSON/],
  ["a field that the verb does not know", { stat: "open" }, /Unrecognized key: "stat"/],
  ["a value that cannot be", { state: "shut" }, /^The body is wrong\. state: .*"open"\|"requeued"/],
])("a body with %s is refused with a sentence that says so", async (_what, ask, sentence) => {
  const { no, body } = await operate(ada, "ops.inventory.dead-letters", ask);
  expect(no).toMatch(sentence);
  expect(body.code).toBe("refused");
});

/** Asks as no operator can: from inside of the services' own account. */
async function asStranger(subject: string, ask: unknown): Promise<unknown> {
  const reply = "_INBOX.test.inventory.stranger";
  const answer = new Promise((resolve) => {
    world.nats.subscribe(reply, { max: 1, callback: (_error, msg) => resolve(msg.json()) });
  });
  world.nats.publish(subject, JSON.stringify(ask), { reply });
  return answer;
}

const acts: [string, Record<string, unknown>][] = [
  ["log-level", { level: "debug" }],
  ["drain", {}],
  ["requeue", { id: "0199f2c0-0000-7000-8000-000000000001" }],
  ["discard", { id: "0199f2c0-0000-7000-8000-000000000001" }],
];

test("these are all the acts that every service has", () => {
  const isCommon = ({ isAct, services }: OpsContract) => isAct && services.length > 1;
  expect(allOps.filter(isCommon).map(({ verb }) => verb)).toEqual(acts.map(([verb]) => verb));
});

test.each(acts)(
  "%s without a reason, or by nobody known, is refused and leaves no trace",
  async (verb, ask) => {
    for (const reason of [undefined, "", "   "]) {
      const { no } = await operate(ada, `ops.inventory.${verb}`, { ...ask, reason });
      expect(no).toMatch(/reason: an act needs a reason, for the audit/);
    }
    expect(await asStranger(`ops.inventory.${verb}`, { ...ask, reason: "because" })).toMatchObject({
      message: expect.stringMatching(/^Who asks is not known.*connect as an operator/),
    });
    expect(await acted()).toEqual([]);
    expect([...logs.values()].map(({ level }) => level)).toEqual(["info", "info"]);
  },
);

test("the log level is set per instance or for all, goes back by itself, and the audit says who and why", async () => {
  const { body } = await operate(ada, "ops.inventory.two.log-level", {
    level: "trace",
    reason: "Slow since noon",
  });
  expect(body).toEqual({
    service: "inventory",
    instance: "two",
    level: "trace",
    before: "info",
    until: null,
  });
  expect([logs.get("one")?.level, logs.get("two")?.level]).toEqual(["info", "trace"]);
  const [{ meta: by, body: event } = { meta: "", body: "" }] = await acted();
  expect(JSON.parse(by).actor).toEqual({ kind: "operator", id: "ada", name: "ada" });
  expect(JSON.parse(event)).toEqual({
    entityId: "two",
    version: 0,
    old: { values: { level: "info" } },
    new: {
      verb: "log-level",
      instance: "two",
      reason: "Slow since noon",
      values: { level: "trace", until: null },
    },
  });
  const answers = await ada.requestMany(
    "ops.inventory.log-level",
    '{"level":"warn","forSeconds":2,"reason":"All"}',
    {
      strategy: RequestStrategy.Count,
      maxMessages: 2,
      maxWait: 5_000,
    },
  );
  const told = [];
  for await (const answer of answers) told.push(answer.json<{ instance: string; level: string }>());
  expect(told.map(({ instance, level }) => [instance, level]).sort()).toEqual([
    ["one", "warn"],
    ["two", "warn"],
  ]);
  expect([...logs.values()].map(({ level }) => level)).toEqual(["warn", "warn"]);
  await eventually(async () => [...logs.values()].every(({ level }) => level === "info"), {
    withinMs: 5_000,
  });
  expect(await acted()).toHaveLength(3);
});

test("an act that cannot be written down is not done", async () => {
  await world.sql("alter table inventory.outbox rename to outbox_away");
  const { no } = await operate(ada, "ops.inventory.one.log-level", { level: "error", reason: "Too chatty" });
  await world.sql("alter table inventory.outbox_away rename to outbox");
  expect(no).toMatch(/^It failed by a defect/);
  expect(logs.get("one")?.level).toBe("info");
});

test("a drained instance answers what it holds, and nothing is lost while another one serves", async () => {
  const third = await start("three");
  const asked = Array.from({ length: 300 }, (_, n) => open(`DRAIN-${n}`));
  const draining = operate(ada, "ops.inventory.three.drain", { reason: "Kernel upgrade" });
  const stopped = third.drained.then(() => third.stop());
  asked.push(...Array.from({ length: 300 }, (_, n) => open(`AFTER-${n}`)));
  expect((await draining).body).toEqual({ service: "inventory", instance: "three", draining: true });
  await stopped;
  for (const answer of await Promise.all(asked)) expect(answer).toMatchObject({ answer: { type: "DEPOT" } });
  await expect(operate(ada, "ops.inventory.three.health", {}, 300)).rejects.toThrow(
    /503|no responders|timeout/i,
  );
  const [row] = await world.sql<{ n: number }>(
    "select count(*)::int as n from inventory.outbox where body ~ 'DRAIN-|AFTER-'",
  );
  expect(row?.n).toBe(600);
});

test("a drained instance answers a query that takes its time, and whoever waits there for the end of a saga", async () => {
  const slow = reply(ListLocations, async (db) => {
    await db.rows({ text: "select pg_sleep(0.5)" });
    return { data: [], next: null };
  });
  const leaving = await startOn(world, "inventory", [slow], "leaving");
  const begun: string[] = [];
  const begin = handle(PlaceOrder, async (_tx, commands) => {
    begun.push(...commands.map(({ id }) => id));
    return commands.map(() => accepted());
  });
  // The first one leads.
  const orders = await startOn(world, "orders", [begin], "leaving");
  const others = await startOn(world, "orders", [], "staying");
  const listed = one.asker.ask(ListLocations, { limit: 1 }, { meta, timeoutMs: 10_000 });
  const placed = one.asker.ask(
    PlaceOrder,
    { items: [{ productId: 1, quantity: 1 }] },
    { meta, waitMs: 8_000, timeoutMs: 10_000 },
  );
  const id = await eventually(async () => begun[0], { withinMs: 5_000 });
  for (const service of ["inventory", "orders"])
    await operate(ada, `ops.${service}.leaving.drain`, { reason: "Kernel upgrade" });
  const stopped = Promise.all([leaving, orders].map((each) => each.drained.then(() => each.stop())));
  await others.inTransaction(async (tx) => {
    await others.settle(tx, [{ id, outcome: refuse("insufficient_stock", { orderId: id }) }]);
    return { result: undefined, said: [] };
  });
  expect(await listed).toEqual({ answer: { data: [], next: null } });
  expect(await placed).toMatchObject({ refusal: { code: "insufficient_stock", details: { orderId: id } } });
  await stopped;
  await others.stop();
});
