import {
  type AskOf,
  CreateLocation,
  CustomerOpened,
  LocationCreated,
  LogOut,
  UserRegistered,
} from "@quartermaster/contracts";
import { eventually, openWorld, operate, type World } from "@quartermaster/testkit";
import type { NatsConnection } from "nats";
import { Defect, done, type Handler, handle, newId, on, type RunningService } from "../src/index";
import { locationOf, meta, startOn } from "./fixture";

let world: World;
let ada: NatsConnection;
let inventory: RunningService[];
let orders: RunningService[];
let identity: RunningService;
let letters: string[];
/** The bug: commands and events of a location whose code begins with it fail, until it is fixed. */
let broken: string | null = "poison";

function takes(code: string): void {
  if (broken !== null && code.startsWith(broken)) throw new Error(`cannot digest ${code}`);
}

const openLocation: Handler = handle(CreateLocation, async (_tx, commands) =>
  commands.map((one) => {
    takes(one.ask.code);
    const location = locationOf(one);
    const { id, code, name, type, version } = location;
    return done(
      location,
      LocationCreated.of({ entityId: id, version, old: null, new: { id, code, name, type, version } }),
    );
  }),
);
const logOut: Handler = handle(LogOut, async () => {
  throw new Error("cannot log out");
});
/** What hearing causes, so that its effect can be counted: any event of orders. */
const hearUser: Handler = on(UserRegistered, async (_tx, events) =>
  events.map(({ body }) => {
    takes(`${body.new?.username}`);
    return [
      CustomerOpened.of({
        entityId: body.entityId,
        version: 1,
        old: null,
        new: { name: `${body.new?.username}` },
      }),
    ];
  }),
);

beforeEach(async () => {
  broken = "poison";
  letters = [];
  world = await openWorld("inventory", "orders", "identity");
  world.nats.subscribe("dlq.>", { callback: (_error, msg) => void letters.push(msg.string()) });
  inventory = await Promise.all(
    ["one", "two"].map((name) => startOn(world, "inventory", [openLocation], name)),
  );
  orders = await Promise.all(["one", "two"].map((name) => startOn(world, "orders", [hearUser], name)));
  identity = await startOn(world, "identity", [logOut]);
  ada = await world.operator("ada");
});
afterEach(async () => {
  await Promise.all([...(inventory ?? []), ...(orders ?? []), identity].map((one) => one?.stop()));
  await world?.close();
});

const open = (code: string, { id = newId() } = {}) =>
  (inventory[0] as RunningService).asker.ask(
    CreateLocation,
    { code, name: code, type: "DEPOT" },
    { id, meta, timeoutMs: 10_000 },
  );
const register = (username: string) =>
  identity.inTransaction(async () => {
    const said = UserRegistered.of({ entityId: newId(), version: 1, old: null, new: { username } });
    return { result: undefined, said: [{ said, meta }] };
  });
const lettersOf = async (service: string, filter: Record<string, unknown> = {}) =>
  (await operate(ada, `ops.${service}.dead-letters`, filter)).body.data;
const openedCount = (code: string) =>
  world.sql("select 1 from inventory.outbox where subject like '%location-created%' and body like $1", [
    `%"code":"${code}"%`,
  ]);
const heardCount = (name: string) =>
  world.sql("select 1 from orders.outbox where subject like '%customer-opened%' and body like $1", [
    `%"name":"${name}"%`,
  ]);
const actsIn = async (service: string) =>
  (
    await world.sql<{ body: string }>(
      `select body from ${service}.outbox where subject like '%operator-acted%' order by seq`,
    )
  ).map(({ body }) => JSON.parse(body));

test("a poison command is parked with its reason while the others go on; requeued after a fix it is done once", async () => {
  const id = newId();
  const asked = ["A", "B"].map((code) => open(code));
  await expect(open("poison", { id })).rejects.toBeInstanceOf(Defect);
  for (const answer of await Promise.all(asked)) expect(answer).toHaveProperty("answer");
  const [letter, ...more] = await lettersOf("inventory");
  expect(more).toEqual([]);
  expect(letter).toMatchObject({
    id,
    kind: "command",
    subject: CreateLocation.subject,
    state: "open",
    reason: "Error: cannot digest poison",
    times: 1,
    body: { code: "poison", name: "poison", type: "DEPOT" },
    decidedBy: null,
  });
  await eventually(async () => letters.length === 1, { withinMs: 5_000 });
  expect(JSON.parse(letters[0] ?? "")).toMatchObject({
    id,
    reason: expect.stringContaining("cannot digest poison"),
  });

  const early = await operate(ada, "ops.inventory.requeue", { id, reason: "Perhaps it works now" });
  expect(early.no).toBe("It failed again and stays open: cannot digest poison");
  expect(await lettersOf("inventory")).toMatchObject([{ id, state: "open", times: 2 }]);

  broken = null;
  const tries = await Promise.all(
    Array.from({ length: 6 }, () => operate(ada, "ops.inventory.requeue", { id, reason: "Fixed in 1.4.2" })),
  );
  const [won, ...others] = tries.sort((a, b) => Number(a.no !== null) - Number(b.no !== null));
  expect(won).toMatchObject({ no: null, body: { id, outcome: "done", reply: { code: "poison" }, said: 1 } });
  for (const other of others) expect(other.no).toBe(`The dead letter ${id} was requeued by ada before.`);
  expect(await openedCount("poison")).toHaveLength(1);
  expect(await open("poison", { id })).toEqual({ answer: won?.body.reply });
  expect(await openedCount("poison")).toHaveLength(1);
  expect(await lettersOf("inventory")).toEqual([]);
  expect(await lettersOf("inventory", { state: "requeued" })).toMatchObject([
    { id, decidedBy: "ada", decision: "Fixed in 1.4.2", decidedAt: expect.any(String) },
  ]);
  expect((await actsIn("inventory")).map((one) => one.new.values)).toEqual([
    { state: "open", subject: CreateLocation.subject, failed: "cannot digest poison" },
    { state: "requeued", subject: CreateLocation.subject, outcome: "done" },
  ]);
});

test("a poison event is parked while the others go on; requeued after a fix its hearers hear it once, and nobody else again", async () => {
  await register("A");
  await register("poison");
  await register("C");
  await eventually(async () => (await heardCount("C")).length === 1, { withinMs: 10_000 });
  const [letter] = await eventually(
    async () => (await lettersOf("orders")).length === 1 && lettersOf("orders"),
    {
      withinMs: 10_000,
    },
  );
  expect(letter).toMatchObject({
    kind: "event",
    subject: UserRegistered.subject,
    reason: "Error: cannot digest poison",
  });
  expect(await heardCount("poison")).toHaveLength(0);
  broken = null;
  const requeue = () => operate(ada, "ops.orders.requeue", { id: letter.id, reason: "Fixed" });
  const tries = await Promise.all(Array.from({ length: 6 }, requeue));
  expect(tries.filter(({ no }) => no === null)).toMatchObject([
    { body: { outcome: "done", reply: null, said: 1 } },
  ]);
  expect(await heardCount("poison")).toHaveLength(1);
  expect(await heardCount("A")).toHaveLength(1);
  const [said] = await world.sql<{ meta: string }>(
    `select meta from orders.outbox where body like '%"name":"poison"%'`,
  );
  // What the event causes is said in the name of whoever caused it, not of the operator.
  expect(JSON.parse(said?.meta ?? "")).toMatchObject({ actor: meta.actor, causation: "identity-1-2" });
});

test("a letter that was discarded is closed, and opens again when its sender does not give up", async () => {
  const id = newId();
  await expect(open("poison", { id })).rejects.toBeInstanceOf(Defect);
  const discarded = await operate(ada, "ops.inventory.discard", { id, reason: "A test message" });
  expect(discarded.body).toEqual({ id, state: "discarded" });
  broken = null;
  const again = await operate(ada, "ops.inventory.requeue", { id, reason: "Changed my mind" });
  expect(again.no).toBe(`The dead letter ${id} was discarded by ada before.`);
  broken = "poison";
  await expect(open("poison", { id })).rejects.toBeInstanceOf(Defect);
  expect(await lettersOf("inventory")).toMatchObject([{ id, times: 2, decidedBy: null }]);
});

test("what cannot be processed any more is said so: no handler, secrets, too old, no event, no such letter", async () => {
  const secret = newId();
  const ask: AskOf<typeof LogOut> = { refreshToken: "s3cret-".repeat(6) };
  await expect(
    identity.asker.ask(LogOut, ask, { id: secret, meta, timeoutMs: 5_000 }),
  ).rejects.toBeInstanceOf(Defect);
  const [shown] = await lettersOf("identity", { id: secret });
  expect(shown.body).toEqual({ refreshToken: "[redacted]" });
  const plant = (id: string, kind: string, subject: string, body: string) =>
    world.sql(
      "insert into inventory.dead_letters (id, kind, subject, headers, body, reason) values ($1, $2, $3, '{}', $4, 'x')",
      [id, kind, subject, body],
    );
  const old = "01890000-0000-7000-8000-000000000001";
  const [gone, misfit, noise] = [newId(), newId(), newId()];
  await plant(old, "command", CreateLocation.subject, "{}");
  await plant(gone, "command", "cmd.inventory.no-such.v1", "{}");
  await plant(misfit, "command", CreateLocation.subject, '{"code":"A"}');
  await plant(noise, "event", "evt.orders.order-placed.v1", "not JSON");
  const why = async (service: string, id: string) =>
    (await operate(ada, `ops.${service}.requeue`, { id, reason: "Try" })).no;
  expect(await why("identity", secret)).toMatch(/holds secrets/);
  expect(await why("inventory", old)).toMatch(/older than the inbox remembers/);
  expect(await why("inventory", gone)).toMatch(/Nothing here takes cmd.inventory.no-such.v1/);
  expect(await why("inventory", misfit)).toMatch(/does not fit its contract.*name/s);
  expect(await why("inventory", noise)).toMatch(/carries no event/);
  expect(await why("inventory", newId())).toMatch(/There is no dead letter/);
  expect(await actsIn("inventory")).toEqual([]);
});

test("letters are listed by state, subject and time, a page at a time, each once", async () => {
  await Promise.all(Array.from({ length: 7 }, (_, n) => open(`poison-${n}`).catch(() => undefined)));
  const seen: string[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const { body } = await operate(ada, "ops.inventory.dead-letters", {
      limit: 3,
      ...(after ? { after } : {}),
    });
    seen.push(...body.data.map((one: { id: string }) => one.id));
    after = body.next;
  }
  expect(new Set(seen).size).toBe(7);
  expect(seen).toHaveLength(7);
  expect(await lettersOf("inventory", { subject: "cmd.inventory.other.v1" })).toEqual([]);
  expect(await lettersOf("inventory", { since: new Date(Date.now() + 60_000).toISOString() })).toEqual([]);
  expect(
    await lettersOf("inventory", { since: "2026-01-01T00:00:00Z", subject: CreateLocation.subject }),
  ).toHaveLength(7);
  expect((await operate(ada, "ops.inventory.dead-letters", { after: "bm9uc2Vuc2U" })).no).toMatch(
    /no cursor/,
  );
});
