import { resolve } from "node:path";
import { listMigrations, migrateDown, migrateUp } from "@quartermaster/process";
import { migrationPlan, type ServiceName, serviceNames } from "@quartermaster/servers";
import type { InstanceName, ProcessName } from "@quartermaster/stack";
import type { Arena } from "../arena/arena";
import { check } from "../check";
import { claimRecovered, openUnderLoad } from "../load/under-load";
import type { Recorder } from "../report/recorder";

const instances = { gateway: 2, orders: 2, inventory: 2, billing: 2, identity: 2, audit: 2 } as const;

const inTurn: readonly InstanceName[] = (
  ["identity", "inventory", "orders", "billing", "audit", "gateway"] as const
).flatMap((name) => [name, `${name}-2`] as const);

export const change = check({
  name: "change",
  number: 16,
  about:
    "Rolling restart or upgrade (FROM=an older checkout) under load without a failed request; each service's newest migration, and all of them, down and up on a database in use.",
  sizes: { reduced: { rounds: 1 }, full: { rounds: 10 } },
  run: async (ground) => {
    const { size, record, say } = ground;
    // The older version begins, on this one's schema, as when migrations go first. What is restarted runs this version.
    const older = process.env.FROM ? resolve(process.env.FROM) : undefined;
    const upgraded = new Set<InstanceName>();
    const checkoutAtStart = (name: InstanceName) => (upgraded.has(name) ? undefined : older);
    const scene = await openUnderLoad(ground, {
      ...{ arena: { instances, checkoutAtStart }, buyersCount: 1, stocked: [{ stock: 1_000_000 }] },
      ...{ clients: 6, thinkMs: 20, impatient: 0, settledFirst: 50 },
    });
    const { arena, load } = scene;
    for (let round = 0; round < size.rounds; round++)
      for (const name of inTurn) {
        const before = record.report().counts;
        upgraded.add(name);
        await arena.restart(name);
        await load.more(5);
        claimNoFailures(record, name, before);
      }
    say(`each instance restarted in turn; ${load.settled} operations settled`);
    if (older) record.count("instances upgraded", upgraded.size);
    else
      record.leaveOut(
        "a rolling upgrade",
        "FROM names no older checkout, so one and the same version restarts",
      );
    await claimRecovered(ground, scene);
    // Last, because a service with one migration loses all that it has.
    await claimMigrations(arena, record);
  },
});

/** What a client sees as a failure: an answer of 500 and more, or none. */
function claimNoFailures(
  record: Recorder,
  name: ProcessName,
  before: Readonly<Record<string, number>>,
): void {
  const failures = ["answers 500", "answers 503", "connections lost"];
  const now = record.report().counts;
  const more = failures.flatMap((kind) => {
    const count = (now[kind] ?? 0) - (before[kind] ?? 0);
    return count > 0 ? [`${count} ${kind}`] : [];
  });
  if (more.length > 0) record.count("failures while restarting", 1);
  record.claim(
    `no request fails while ${name} restarts`,
    more.length === 0,
    more.join(", ") || "none failed",
  );
}

/** The newest migration of each service, and then all of them, taken back and applied again: the schema is the same after it. */
async function claimMigrations(arena: Arena, record: Recorder): Promise<void> {
  const names = Object.keys(arena.stack.pids()).filter((name) => name !== "postgres" && name !== "nats");
  await Promise.all(names.map((name) => arena.stack.stopService(name as ProcessName)));
  for (const service of serviceNames) {
    const plan = migrationPlan(service, arena.stack.adminDatabaseUrl);
    const applied = (await listMigrations(plan)).filter((one) => one.applied);
    const before = await schemaOf(arena, service);
    for (const steps of [1, applied.length]) {
      const down = await migrateDown(plan, steps);
      const up = await migrateUp(plan);
      const after = await schemaOf(arena, service);
      const changed = [...before, ...after].filter((one) => before.includes(one) !== after.includes(one));
      record.claim(
        `${service}: ${steps === 1 ? "the newest migration goes" : "all migrations go"} down and up, to the same schema`,
        changed.length === 0 && down.length === steps && up.length === steps,
        changed.slice(0, 3).join("; ") ||
          `${down.join(", ")}; ${before.length} columns, indexes, constraints, triggers, functions, rights`,
      );
    }
  }
}

/** Without partitions, whose names depend on the day. One text for each thing. */
async function schemaOf(arena: Arena, service: ServiceName): Promise<string[]> {
  const rows = await arena.sql<{ text: string }>(
    `with tables as (
       select c.oid, c.relname, c.relkind, c.relacl, c.relowner from pg_class c
       where c.relnamespace = $1::regnamespace and not c.relispartition and c.relname !~ '^knex_'
     )
     select concat_ws(' ', relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) as text
       from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
       left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
     union all select concat_ws(' ', relname, relkind, relowner::regrole, relacl::text) from tables
     union all select pg_get_indexdef(i.indexrelid) from pg_index i join tables t on t.oid = i.indrelid
     union all select concat_ws(' ', t.relname, c.conname, pg_get_constraintdef(c.oid))
       from pg_constraint c join tables t on t.oid = c.conrelid
     union all select pg_get_triggerdef(g.oid) || g.tgenabled::text from pg_trigger g join tables t on t.oid = g.tgrelid
       where not g.tgisinternal
     union all select pg_get_functiondef(p.oid) || coalesce(p.proacl::text, '') from pg_proc p where p.pronamespace = $1::regnamespace
     order by 1`,
    [service],
  );
  return rows.map(({ text }) => text);
}
