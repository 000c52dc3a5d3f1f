import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listMigrations, type MigrationPlan, migrateDown, migrateUp } from "@quartermaster/process";
import { openWorld, type World } from "@quartermaster/testkit";

let world: World;
let work: string;
let plan: MigrationPlan;

beforeAll(async () => {
  world = await openWorld("gateway");
  work = await mkdtemp(join(tmpdir(), "quartermaster-migrations-"));
  const folder = join(work, "shelf", "migrations");
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, "0001_shelf.up.sql"),
    "create table shelf (id int, tags jsonb); create index on shelf (id) where tags ? 'hot';",
  );
  await writeFile(join(folder, "0001_shelf.down.sql"), "drop table shelf;");
  await writeFile(join(folder, "0002_box.up.sql"), "create table box (id int);");
  await writeFile(join(folder, "0002_box.down.sql"), "drop table box;");
  await world.sql("create role shelf_owner nologin; create schema shelf authorization shelf_owner");
  plan = { databaseUrl: world.ownerUrl, schema: "shelf", ownerRole: "shelf_owner", folders: [folder] };
});

afterAll(async () => {
  await world.sql("drop owned by shelf_owner; drop role shelf_owner");
  await rm(work, { recursive: true });
  await world.close();
});

test("migrations run in order as the owner role, and a second run finds nothing to do", async () => {
  expect(await migrateUp(plan)).toEqual(["shelf/0001_shelf", "shelf/0002_box"]);
  expect(await migrateUp(plan)).toEqual([]);
  expect(await tables()).toEqual([
    { tablename: "box", tableowner: "shelf_owner" },
    { tablename: "shelf", tableowner: "shelf_owner" },
  ]);
});

test("they go down one by one and up again, even past the lock row of a run that was killed", async () => {
  expect(await migrateDown(plan)).toEqual(["shelf/0002_box"]);
  expect(await listMigrations(plan)).toEqual([
    { name: "shelf/0001_shelf", applied: true },
    { name: "shelf/0002_box", applied: false },
  ]);
  await world.sql("update shelf.migrations_lock set is_locked = 1");
  expect(await migrateUp(plan)).toEqual(["shelf/0002_box"]);
});

test("several that migrate at once take turns", async () => {
  await migrateDown(plan, 2);
  const all = await Promise.all([migrateUp(plan), migrateUp(plan), migrateUp(plan)]);
  expect(all.flat()).toEqual(["shelf/0001_shelf", "shelf/0002_box"]);
});

function tables(): Promise<unknown[]> {
  return world.sql(
    "select tablename, tableowner from pg_tables where schemaname = 'shelf' and tablename !~ 'migrations' order by 1",
  );
}
