import type { RunningService } from "@quartermaster/messaging";
import { openWorld, type World } from "@quartermaster/testkit";
import { Client } from "pg";
import { openMany, recorded, startAudit, startInventory, verify } from "./fixture";

let world: World;
let inventory: RunningService;
let audit: RunningService;

beforeAll(async () => {
  world = await openWorld("inventory", "audit");
  inventory = await startInventory(world);
  audit = await startAudit(world);
  await openMany(inventory, "A", 30);
  await recorded(world, 30);
});
afterAll(async () => {
  await audit?.stop();
  await inventory?.stop();
  await world?.close();
});

async function attempt(as: "audit" | "audit_owner" | "superuser", statement: string): Promise<string> {
  const url = as === "audit" ? world.databaseUrl("audit") : world.ownerUrl;
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("set search_path = audit");
    if (as === "audit_owner") await client.query("set role audit_owner");
    if (as === "superuser") await client.query("set session_replication_role = replica");
    await client.query(statement);
    return "done";
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.end();
  }
}

const changes = [
  "update records set user_id = 'nobody' where position = 3",
  "delete from records where position = 3",
  "truncate records",
  "insert into records select * from records where position = 3 on conflict (position) do update set user_id = 'nobody'",
  "delete from chain",
  "truncate chain",
];

test.each(changes)("the login role may not: %s", async (statement) => {
  expect(await attempt("audit", statement)).toMatch(/^permission denied for table (records|chain)$/);
});

test.each(changes)("the owner, and a superuser in the replica role, may not: %s", async (statement) => {
  expect(await attempt("audit_owner", statement)).toMatch(
    /is append-only: (update|delete|truncate) is refused$/,
  );
  expect(await attempt("superuser", statement)).toMatch(
    /is append-only: (update|delete|truncate) is refused$/,
  );
});

test("nobody moves the head of the chain back", async () => {
  for (const as of ["audit", "audit_owner", "superuser"] as const) {
    expect(await attempt(as, "update chain set position = 5")).toMatch(
      /moves forward only: from 30 to 5 is refused$/,
    );
  }
});

test("no other service reads the audit", async () => {
  const client = new Client({ connectionString: world.databaseUrl("inventory") });
  await client.connect();
  await expect(client.query("select * from audit.records")).rejects.toThrow(
    "permission denied for schema audit",
  );
  await client.end();
});

/** Whoever may disable the triggers can do this; what it looks like afterwards is what the chain is for. */
async function tampered(statement: string) {
  const triggers = [
    "records_append_only on audit.records",
    "chain_stays on audit.chain",
    "chain_forward on audit.chain",
  ];
  const tables = triggers.map((one) => one.split(" on ") as [string, string]);
  const all = (what: string) =>
    tables.map(([name, table]) => `alter table ${table} ${what} trigger ${name};`).join(" ");
  await world.sql(`${all("disable")} create table public.kept as select * from audit.records; ${statement}`);
  const verdict = await verify(audit);
  await world.sql(`
    truncate audit.records; insert into audit.records select * from public.kept; drop table public.kept;
    update audit.chain set position = r.position, hash = r.hash
      from (select position, hash from audit.records order by position desc limit 1) r;
    ${all("enable always")}`);
  expect(await verify(audit)).toMatchObject({ ok: true, records: 30, firstBroken: null });
  return verdict;
}

test.each([
  [
    "a value is edited",
    "update audit.records set new_values = replace(new_values, 'DEPOT', 'VEHICLE') where position = 7",
    7,
  ],
  [
    "another user is blamed",
    "update audit.records set user_id = 'u-ben', user_name = 'Ben' where position = 12",
    12,
  ],
  [
    "a time is moved by a millisecond",
    "update audit.records set at = at + interval '1 ms' where position = 30",
    30,
  ],
  [
    "one bit of a hash is flipped",
    "update audit.records set hash = set_bit(hash, 5, 1 - get_bit(hash, 5)) where position = 9",
    9,
  ],
  [
    "two records are swapped",
    "update audit.records r set position = -position where false; " +
      "alter table audit.records drop constraint records_position_check; " +
      "update audit.records set position = -position where position in (14, 15); " +
      "update audit.records set position = case position when -14 then 15 else 14 end where position < 0; " +
      "alter table audit.records add constraint records_position_check check (position >= 1)",
    14,
  ],
  ["a record is deleted", "delete from audit.records where position = 20", 20],
  ["the last records are deleted", "delete from audit.records where position > 27", 28],
  ["everything is deleted", "delete from audit.records", 1],
  ["the head is set to an older record", "update audit.chain set position = 29", 30],
  [
    "a record is put in behind the head",
    "insert into audit.records select position + 1, source, epoch, seq + 1, at, " +
      "recorded_at, actor_kind, user_id, user_name, role, ip, action, entity, record_id, version, event, description, " +
      "old_values, new_values, request_id, hash from audit.records where position = 30",
    31,
  ],
])(
  "when %s behind the service's back, verification names the position",
  async (_what, statement, position) => {
    expect(await tampered(statement)).toMatchObject({ ok: false, firstBroken: { position } });
  },
);

test("a record that is cut out also shows as a hole in the numbers of its source", async () => {
  const verdict = await tampered("delete from audit.records where seq = 11");
  expect(verdict.sources).toEqual([{ source: "inventory", epoch: 1, records: 29, highest: 30, missing: 1 }]);
});
