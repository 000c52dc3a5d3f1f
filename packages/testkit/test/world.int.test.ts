import { eventually, openWorld, type World } from "@quartermaster/testkit";
import { Client } from "pg";

let world: World;

beforeAll(async () => {
  world = await openWorld("orders", "billing");
  await world.sql(
    "set role orders_owner; create table orders.parcel (id int primary key); insert into orders.parcel values (1)",
  );
});

afterAll(() => world.close());

test("a service reads and writes what its owner role made, and cannot change its shape", async () => {
  await asRole("orders", async (client) => {
    await client.query("insert into parcel values (2)");
    expect((await client.query("select id from parcel order by id")).rows).toEqual([{ id: 1 }, { id: 2 }]);
    await expect(client.query("alter table parcel add column weight int")).rejects.toThrow("must be owner");
    await expect(client.query("create table mine (id int)")).rejects.toThrow("permission denied");
  });
});

test("a service cannot read the schema of another, nor become its owner", async () => {
  await asRole("billing", async (client) => {
    await expect(client.query("select * from orders.parcel")).rejects.toThrow(
      "permission denied for schema orders",
    );
    await expect(client.query("set role orders_owner")).rejects.toThrow("permission denied");
    await expect(client.query("create table public.mine (id int)")).rejects.toThrow("permission denied");
  });
});

test("the NATS server keeps its streams over a kill, and loses them when its store is wiped", async () => {
  const manager = await world.nats.jetstreamManager();
  await manager.streams.add({ name: "PARCELS", subjects: ["parcels.>"] });
  const names = async () => (await manager.streams.list().next()).map(({ config }) => config.name);

  await world.killNats();
  await world.restartNats();
  expect(await eventually(names, { withinMs: 5_000 })).toEqual(["PARCELS"]);

  await world.restartNats({ wipe: true });
  expect(await eventually(names, { withinMs: 5_000 })).toEqual([]);
});

test("what never becomes true fails with the last error as its cause", async () => {
  const probe = async () => {
    throw new Error("not yet");
  };
  const failure = await eventually(probe, { withinMs: 30 }).catch((error: Error) => error);
  expect(failure).toMatchObject({ message: "It was not so within 30 ms.", cause: new Error("not yet") });
});

async function asRole(service: "orders" | "billing", work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: world.databaseUrl(service) });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
