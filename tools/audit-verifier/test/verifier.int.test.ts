import { openWorld, type World } from "@quartermaster/testkit";
import { type ChainRow, chainStart, hashBehind, verifyTrail } from "../src/index";

let world: World;

beforeAll(async () => {
  world = await openWorld("audit");
  for (let n = 1; n <= 30; n++) {
    await world.sql(
      `insert into audit.records (position, source, epoch, seq, at, recorded_at, actor_kind, user_id, action, entity, record_id, version,
         event, description, hash)
       values ($1::bigint, 'orders', 1, $1::bigint, now(), now(), 'user', 'u-1', 'CREATE', 'order', 'o-' || $1::bigint, 1, 'orders.order-placed.v1', 'said', $2)`,
      [n, Buffer.alloc(32)],
    );
  }
  await world.sql(
    "alter table audit.records disable trigger all; alter table audit.chain disable trigger all",
  );
  await chained();
});
afterAll(async () => {
  await world?.close();
});

/** Every hash follows from its record, and the head is the last one. */
async function chained(): Promise<void> {
  let hash = chainStart;
  for (const row of await world.sql<ChainRow>("select * from audit.records order by position")) {
    hash = hashBehind(hash, row);
    await world.sql("update audit.records set hash = $2 where position = $1", [
      row.position,
      Buffer.from(hash, "hex"),
    ]);
    await world.sql("update audit.chain set position = $1, hash = $2", [
      row.position,
      Buffer.from(hash, "hex"),
    ]);
  }
}

test("a trail that is whole says where it ends; whoever rewrites it to its end contradicts the head that was kept", async () => {
  const whole = await verifyTrail(world.sql);
  expect(whole).toMatchObject({ records: 30, wrong: [], head: { position: 30 } });
  await world.sql("update audit.records set user_id = 'u-2' where position = 7");
  expect((await verifyTrail(world.sql)).wrong).toEqual([
    "record 7 does not have the hash that follows from it and the record before",
  ]);
  await chained();
  expect((await verifyTrail(world.sql)).wrong).toEqual([]);
  expect((await verifyTrail(world.sql, [whole.head])).wrong).toEqual([
    "record 30 is not the one whose hash was kept",
  ]);
  await world.sql("delete from audit.records where position > 28");
  await chained();
  const cutOff = await verifyTrail(world.sql, [whole.head]);
  expect(cutOff.wrong).toEqual(["record 30, whose hash was kept, is not there any more"]);
  await world.sql("delete from audit.records where position = 11");
  expect((await verifyTrail(world.sql)).wrong).toEqual([
    "record 11 is missing",
    "1 events of orders are missing, in epoch 1",
  ]);
});
