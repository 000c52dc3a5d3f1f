import { openWorld, type World } from "@quartermaster/testkit";
import { Client } from "pg";

let world: World;
let service: Client;
let owner: Client;
beforeAll(async () => {
  world = await openWorld("inventory");
  service = new Client({ connectionString: world.databaseUrl("inventory") });
  owner = new Client({ connectionString: world.ownerUrl });
  await Promise.all([service.connect(), owner.connect()]);
});
afterAll(async () => {
  await Promise.all([service.end(), owner.end()]);
  await world.close();
});

const history = ["movements", "batch_movements", "price_history"];

test.each(history)("the service can add to %s, and never rewrite it", async (table) => {
  await service.query(`select 1 from ${table}`);
  for (const rewriting of [`delete from ${table}`, `truncate ${table} cascade`]) {
    await expect(service.query(rewriting)).rejects.toThrow("permission denied");
  }
  const column = table === "batch_movements" ? "quantity" : "id";
  await expect(service.query(`update ${table} set ${column} = null`)).rejects.toThrow("permission denied");
});

test.each(history)("not even the owner or a replication session rewrites %s", async (table) => {
  for (const session of ["set local role inventory_owner", "set local session_replication_role = replica"]) {
    for (const rewriting of [`delete from inventory.${table}`, `truncate inventory.${table} cascade`]) {
      await owner.query("begin");
      await owner.query(session);
      await expect(owner.query(rewriting)).rejects.toThrow("append-only");
      await owner.query("rollback");
    }
  }
});

test("products and locations cannot be deleted, only marked", async () => {
  await expect(service.query("delete from products")).rejects.toThrow("permission denied");
  await expect(service.query("delete from locations")).rejects.toThrow("permission denied");
});

test("a level cannot go below zero or below what is reserved", async () => {
  await service.query(
    "insert into products (sku, name, price_minor) values ('GUARD', 'Guard', 1); insert into levels (product_id, location_id, on_hand) select max(id), '01900000-0000-7000-8000-000000000001', 3 from products",
  );
  for (const change of ["on_hand = -1", "reserved = 4", "reserved = -1"]) {
    await expect(service.query(`update levels set ${change}`)).rejects.toThrow("violates check constraint");
  }
});
