import { resolve } from "node:path";
import { migrateDown, migrateUp } from "@quartermaster/process";
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
    "Rolling restart or upgrade (FROM=an older checkout) under load without a failed request; each service's newest migration down and up on a database in use.",
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

/** The newest migration of each service taken back and applied again, while nothing runs: the schema is the same after it. */
async function claimMigrations(arena: Arena, record: Recorder): Promise<void> {
  const names = Object.keys(arena.stack.pids()).filter((name) => name !== "postgres" && name !== "nats");
  await Promise.all(names.map((name) => arena.stack.stopService(name as ProcessName)));
  for (const service of serviceNames) {
    const plan = migrationPlan(service, arena.stack.adminDatabaseUrl);
    const before = await schemaOf(arena, service);
    const ran = [...(await migrateDown(plan)), ...(await migrateUp(plan))];
    const isSame = JSON.stringify(await schemaOf(arena, service)) === JSON.stringify(before);
    const figure = `${ran.join(" down, ")} up, ${before.length} columns`;
    record.claim(
      `${service}: the newest migration goes down and up, to the same schema`,
      isSame && ran.length > 1,
      figure,
    );
  }
}

/** Columns, without partitions, whose names depend on the day. */
function schemaOf(arena: Arena, service: ServiceName): Promise<object[]> {
  return arena.sql(
    `select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
     where table_schema = $1 and table_name !~ '^(in|out)box_' order by table_name, column_name`,
    [service],
  );
}
