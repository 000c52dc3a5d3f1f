import { migrateDown, migrateUp } from "@quartermaster/process";
import { migrationPlan, type ServiceName, serviceNames } from "@quartermaster/servers";
import type { ProcessName } from "@quartermaster/stack";
import type { Arena } from "../arena/arena";
import type { Buyer } from "../arena/people";
import { check } from "../check";
import { claimFirstOrder, claimInvariants } from "../invariants/verdict";
import { startLoad } from "../load/load";
import type { Recorder } from "../report/recorder";

const instances = { orders: 2, inventory: 2, billing: 2, identity: 2, audit: 2 } as const;

const inTurn: readonly ProcessName[] = [
  ...(["identity", "inventory", "orders", "billing", "audit"] as const).flatMap(
    (name) => [name, `${name}-2`] as const,
  ),
  "gateway",
];

export const change = check({
  name: "change",
  number: 16,
  about:
    "Rolling restart under load without a failed request; each service's newest migration down and up on a database in use.",
  sizes: { reduced: { rounds: 1 }, full: { rounds: 10 } },
  run: async ({ size, random, record, say, openArena }) => {
    const arena = await openArena({ instances });
    const [buyer] = (await arena.people.newBuyers(1)) as [Buyer];
    const products = [await arena.people.newProduct({ stock: 1_000_000 })];
    const load = startLoad(arena, random.fork("load"), record, {
      ...{ clients: 6, buyers: [buyer], products, thinkMs: 20, impatient: 0 },
    });
    await load.more(50);
    for (let round = 0; round < size.rounds; round++)
      for (const name of inTurn) {
        const before = record.report().counts;
        await arena.restart(name);
        await load.more(5);
        // The gateway is one process here: while it restarts, connections are refused, as a balancer would see them.
        if (name !== "gateway") claimNoFailures(record, name, before);
      }
    say(`each instance restarted in turn; ${load.settled} operations settled`);
    await claimFirstOrder(arena, record, buyer, products[0] as number);
    await load.stop();
    await claimInvariants(arena, record, [load]);
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
