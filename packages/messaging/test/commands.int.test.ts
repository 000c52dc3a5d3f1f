import { CreateLocation, ListLocations, PlaceOrder } from "@quartermaster/contracts";
import { openWorld, silentLog, type World } from "@quartermaster/testkit";
import { pino } from "pino";
import { accepted, Defect, Fault, handle, newId, type RunningService, refuse, type Tx } from "../src/index";
import { meta, openLocations, startOn } from "./fixture";

let world: World;
let inventory: RunningService;
const seen: string[][] = [];

beforeAll(async () => {
  world = await openWorld("inventory", "orders");
  inventory = await startOn(world, "inventory", [openLocations(seen)]);
});
afterAll(async () => {
  await inventory?.stop();
  await world?.close();
});

const open = (code: string, id = newId()) =>
  inventory.asker.ask(
    CreateLocation,
    { code, name: code, type: "WAREHOUSE" },
    { id, meta, timeoutMs: 5_000 },
  );
const eventsOf = (code: string) =>
  world.sql("select seq from inventory.outbox where body like $1", [`%"code":"${code}"%`]);

test("a command is answered, its event is in the outbox, and the same id gets the first answer again", async () => {
  const id = newId();
  const first = await open("A", id);
  expect(first).toMatchObject({ answer: { code: "A", name: "A", type: "WAREHOUSE" } });
  expect(await open("A", id)).toEqual(first);
  expect(await eventsOf("A")).toHaveLength(1);
});

test("the same id sent many times at once has one effect, over two instances too", async () => {
  const second = await startOn(world, "inventory", [openLocations()], "two", silentLog, "all");
  const id = newId();
  const answers = await Promise.all(Array.from({ length: 40 }, () => open("B", id)));
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(await eventsOf("B")).toHaveLength(1);
  await second.stop();
});

test("a handler's session refuses to write outside of a transaction, so that nothing is committed where one cannot begin", async () => {
  const shown: unknown[] = [];
  const asking = handle(PlaceOrder, async (tx, commands) => {
    shown.push(...(await tx.rows({ text: "show default_transaction_read_only" })));
    shown.push(...(await tx.rows({ text: "show transaction_read_only" })));
    return commands.map(() => refuse("insufficient_stock"));
  });
  const orders = await startOn(world, "orders", [asking]);
  const items = [{ productId: 1, quantity: 1 }];
  await orders.asker.ask(PlaceOrder, { items }, { id: newId(), meta, timeoutMs: 5_000 });
  expect(shown).toEqual([{ default_transaction_read_only: "on" }, { transaction_read_only: "off" }]);
  await orders.stop();
});

test("where some ids of a batch are known, only the others are carried out", async () => {
  const known = newId();
  const first = await open("K", known);
  const answers = await Promise.all([open("K", known), ...["K1", "K2", "K3"].map((code) => open(code))]);
  expect(answers[0]).toEqual(first);
  expect(answers.slice(1)).toMatchObject(["K1", "K2", "K3"].map((code) => ({ answer: { code } })));
  for (const code of ["K", "K1", "K2", "K3"]) expect(await eventsOf(code)).toHaveLength(1);
});

test.each<[string, (tx: Tx) => void]>([
  [
    "throws",
    () => {
      throw new Error("it was done before");
    },
  ],
  ["sends a statement that fails", (tx) => tx.write({ text: "select 1 / 0" })],
])(
  "where a handler %s over a command that it has carried out before, the command has its first answer",
  async (_how, fail) => {
    const done = new Set<string>();
    const onlyOnce = handle(PlaceOrder, async (tx, commands) => {
      if (commands.some((one) => done.has(one.id))) fail(tx);
      tx.afterCommit(() => commands.map((one) => done.add(one.id)));
      return commands.map((one) => refuse("insufficient_stock", { orderId: one.id }));
    });
    const orders = await startOn(world, "orders", [onlyOnce]);
    const id = newId();
    const ask = { items: [{ productId: 1, quantity: 1 }] };
    const place = () => orders.asker.ask(PlaceOrder, ask, { id, meta, timeoutMs: 5_000 });
    const first = await place();
    expect(first).toMatchObject({ refusal: { code: "insufficient_stock", details: { orderId: id } } });
    expect([...done]).toEqual([id]);
    expect(await place()).toEqual(first);
    expect(await world.sql("select from orders.dead_letters")).toEqual([]);
    await orders.stop();
  },
);

test("commands that arrive together share a transaction, and their events are numbered without a gap", async () => {
  seen.length = 0;
  await Promise.all(Array.from({ length: 100 }, (_, n) => open(`C${n}`)));
  expect(seen.length).toBeLessThan(20);
  const [row] = await world.sql<{ n: number; max: number }>(
    "select count(*)::int n, max(seq)::int max from inventory.outbox",
  );
  expect(row?.n).toBe(row?.max);
});

test("a poison command is parked with its reason; those beside it go through", async () => {
  const results = await Promise.allSettled([...["D1", "D2", "poison", "D3", "D4"].map((code) => open(code))]);
  expect(results.map((one) => one.status)).toEqual([
    "fulfilled",
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  expect((results[2] as PromiseRejectedResult).reason).toBeInstanceOf(Defect);
  const letters = await world.sql<{ reason: string; body: string }>(
    "select reason, body from inventory.dead_letters",
  );
  expect(letters).toHaveLength(1);
  expect(letters[0]?.reason).toContain("cannot digest this one");
  expect(JSON.parse(letters[0]?.body ?? "")).toEqual({ code: "poison", name: "poison", type: "WAREHOUSE" });
});

test("a poison command that comes again is counted, and does not pile up", async () => {
  const id = newId();
  for (let n = 0; n < 3; n++) await expect(open("poison again", id)).rejects.toBeInstanceOf(Defect);
  const letters = await world.sql<{ times: number }>(
    "select times from inventory.dead_letters where id = $1",
    [id],
  );
  expect(letters).toEqual([{ times: 3 }]);
});

test("a message that does not fit its contract is refused and says where", async () => {
  const answer = await inventory.asker.ask(CreateLocation, { code: "E" } as never, {
    meta,
    timeoutMs: 5_000,
  });
  expect(answer).toMatchObject({
    refusal: { code: "bad_request", details: { errors: [{ path: "name" }, { path: "type" }] } },
  });
});

test("an id that is no v7 uuid, or older than the inbox remembers, is refused", async () => {
  expect(await open("F", "3f2b8c1e-0000-4000-8000-000000000000")).toMatchObject({
    refusal: { code: "bad_request" },
  });
  expect(await open("F", "01890000-0000-7000-8000-000000000000")).toMatchObject({
    refusal: { code: "message_too_old" },
  });
  expect(await eventsOf("F")).toEqual([]);
});

test("asking a service that is away is a fault at once, and says nobody serves it", async () => {
  const asked = inventory.asker.ask(ListLocations, { limit: 1 }, { meta, timeoutMs: 5_000 });
  await expect(asked).rejects.toMatchObject({ name: "Fault", kind: "no-responders" });
  await expect(asked).rejects.toBeInstanceOf(Fault);
});

test("an accepted command is answered when another instance settles it, and `accepted` when the wait is over first", async () => {
  const start = handle(PlaceOrder, async (_tx, commands) => commands.map(() => accepted()));
  const one = await startOn(world, "orders", [start], "one");
  const two = await startOn(world, "orders", [], "two");
  const id = newId();
  const ask = (waitMs: number) =>
    one.asker.ask(
      PlaceOrder,
      { items: [{ productId: 1, quantity: 1 }] },
      { id, meta, waitMs, timeoutMs: 8_000 },
    );
  expect(await ask(0)).toEqual({ accepted: true });
  const joined = ask(5_000);
  await two.inTransaction(async (tx) => {
    await two.settle(tx, [{ id, outcome: refuse("insufficient_stock", { orderId: id }) }]);
    return { result: undefined, said: [] };
  });
  const settled = {
    refusal: { code: "insufficient_stock", message: expect.any(String), details: { orderId: id } },
  };
  expect(await joined).toEqual(settled);
  expect(await ask(0)).toEqual(settled);
  await Promise.all([one.stop(), two.stop()]);
});

test("the end of a saga is looked for only where somebody has waited for a while, and without a complaint", async () => {
  const complaints: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => complaints.push(line) });
  const start = handle(PlaceOrder, async (_tx, commands) => commands.map(() => accepted()));
  const orders = await startOn(world, "orders", [start], "one", log);
  const ask = (waitMs: number) =>
    orders.asker.ask(
      PlaceOrder,
      { items: [{ productId: 1, quantity: 1 }] },
      { meta, waitMs, timeoutMs: 8_000 },
    );
  // Each has just begun to wait at some look.
  for (let n = 0; n < 3; n++) expect(await ask(400)).toEqual({ accepted: true });
  expect(complaints).toEqual([]);
  await orders.stop();
});
