import { openPool } from "@quartermaster/process";
import { eventually, openWorld, type World } from "@quartermaster/testkit";
import { Pool } from "pg";
import { isFault } from "../src/index";
import { inTransaction, type Tx } from "../src/sql";

let world: World;
let pool: Pool;
const pools: Pool[] = [];
const open = (max: number) => {
  const parts = { max, name: "test", writes: "in-transactions", onError: () => undefined } as const;
  const opened = openPool(world.databaseUrl("inventory"), parts);
  pools.push(opened);
  return opened;
};

beforeAll(async () => {
  world = await openWorld("inventory");
  await world.sql("create table inventory.things (id integer primary key, check (id > 0))");
  await world.sql("grant all on inventory.things to inventory");
  pool = open(2);
});
beforeEach(async () => void (await world.sql("delete from inventory.things")));
afterAll(async () => {
  await Promise.all(pools.map((one) => one.end()));
  await world.close();
});

const insert = { name: "insert-thing", text: "insert into things (id) values ($1)" };
const things = async () =>
  (await world.sql<{ id: number }>("select id from inventory.things order by id")).map((r) => r.id);

test("writes that were not waited for are committed, in their order, and hooks run after the commit", async () => {
  const order: string[] = [];
  const result = await inTransaction(pool, async (tx) => {
    tx.afterCommit(() => order.push("committed"));
    tx.write(insert, [1]);
    tx.write(insert, [2]);
    expect(await tx.rows({ text: "select count(*)::int as n from things" })).toEqual([{ n: 2 }]);
    order.push("worked");
    return "result";
  });
  expect(result).toBe("result");
  expect(order).toEqual(["worked", "committed"]);
  expect(await things()).toEqual([1, 2]);
});

test("a write that fails behind everybody's back fails the transaction with its own error; nothing is committed, no hook runs", async () => {
  const hook = jest.fn();
  const failing = inTransaction(pool, async (tx) => {
    tx.afterCommit(hook);
    tx.write(insert, [1]);
    tx.write(insert, [-1]);
  });
  await expect(failing).rejects.toMatchObject({ code: "23514" });
  expect(await things()).toEqual([]);
  expect(hook).not.toHaveBeenCalled();
});

test("the cause is told, not the aborted transaction that it left behind, and it is a defect", async () => {
  const error = await inTransaction(pool, async (tx) => {
    tx.write(insert, [-1]);
    await tx.rows({ text: "select 1" });
  }).catch((e) => e);
  expect(error).toMatchObject({ code: "23514" });
  expect(isFault(error)).toBe(false);
});

test("a connection that is lost in a transaction is a fault, and the pool goes on", async () => {
  const error = await inTransaction(pool, async (tx) => {
    const [me] = await tx.rows<{ pid: number }>({ text: "select pg_backend_pid() as pid" });
    await world.sql("select pg_terminate_backend($1)", [me?.pid]);
    const gone = async () =>
      (await world.sql("select from pg_stat_activity where pid = $1", [me?.pid])).length === 0;
    await eventually(gone, { withinMs: 10_000 });
    tx.write(insert, [1]);
    await tx.rows({ text: "select 1" });
  }).catch((e) => e);
  expect({ error, fault: isFault(error) }).toMatchObject({ fault: true });
  expect(await things()).toEqual([]);
  await inTransaction(pool, async (tx) => tx.write(insert, [3]));
  expect(await things()).toEqual([3]);
});

test("an answer that does not come in time is a fault, since what was asked may have been done", async () => {
  const impatient = new Pool({
    connectionString: world.databaseUrl("inventory"),
    max: 1,
    pipeline: true,
    query_timeout: 100,
  });
  pools.push(impatient);
  impatient.on("connect", (client) => client.on("error", () => undefined));
  const asked = inTransaction(impatient, (tx) => tx.rows({ text: "select pg_sleep(1)" }));
  const error = await asked.catch((e) => e);
  expect({ message: error.message, fault: isFault(error) }).toEqual({
    message: "Query read timeout",
    fault: true,
  });
});

test("what was sent behind a transaction that could not begin is not committed; it is a fault, whatever the work threw", async () => {
  const refused = open(1);
  // As where the server cancels this statement of all, or has become a replica.
  refused.on("connect", (client) => {
    const query = client.query.bind(client) as (what: unknown) => Promise<unknown>;
    const begin = (what: unknown) => typeof what === "string" && what.startsWith("begin");
    Object.assign(client, { query: (what: unknown) => query(begin(what) ? "begin nothing" : what) });
  });
  const errors = [];
  for (const work of [
    async (tx: Tx) => tx.write(insert, [1]),
    async (tx: Tx) => {
      tx.write(insert, [2]);
      throw new Error("found nothing, as nothing was locked");
    },
  ])
    errors.push(await inTransaction(refused, work).catch((error) => error));
  expect(errors.map((error) => [error.name, error.cause?.code])).toEqual([
    ["Fault", "42601"],
    ["Fault", "42601"],
  ]);
  expect(await things()).toEqual([]);
});

test("a transaction is of no use after its end, since another one may have its connection", async () => {
  const kept: Tx[] = [];
  await inTransaction(pool, async (tx) => void kept.push(tx));
  const failing = inTransaction(pool, async (tx) => {
    kept.push(tx);
    throw new Error("refused");
  });
  await expect(failing).rejects.toThrow("refused");
  expect(kept).toHaveLength(2);
  for (const tx of kept) {
    expect(() => tx.write(insert, [1])).toThrow("the transaction is over");
    await expect(tx.rows(insert, [2])).rejects.toThrow("the transaction is over");
  }
  expect(await things()).toEqual([]);
});
