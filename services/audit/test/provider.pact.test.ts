import { ListAudit, LocationCreated } from "@quartermaster/contracts";
import type { RunningService } from "@quartermaster/messaging";
import { type Provider, testProvider } from "@quartermaster/pacts";
import { eventually, openWorld, type World } from "@quartermaster/testkit";
import { ana, startAudit, startInventory } from "./fixture";

testProvider("audit", async () => {
  const world = await openWorld("audit", "inventory");
  const audit = await startAudit(world);
  const inventory = await startInventory(world);
  return {
    service: "audit",
    asker: audit.asker,
    nats: world.nats,
    operator: world.operator,
    unique: ["recordId"],
    states: statesOf(world, audit, inventory),
    afterEach: () => mend(world),
    close: async () => {
      await inventory.stop();
      await audit.stop();
      await world.close();
    },
  };
});

function statesOf(world: World, audit: RunningService, inventory: RunningService): Provider["states"] {
  return {
    "a record": async ({ recordId }, { aliases }) => {
      const id = aliases.fresh(String(recordId));
      const location = {
        id,
        code: id.slice(0, 30),
        name: "Second depot",
        type: "DEPOT" as const,
        version: 1,
      };
      const said = LocationCreated.of({ entityId: id, version: 1, old: null, new: location });
      await inventory.inTransaction(async () => ({ result: undefined, said: [{ said, meta: ana }] }));
      const found = () => world.sql("select 1 from audit.records where record_id = $1", [id]);
      await eventually(async () => (await found()).length === 1, { withinMs: 15_000 });
    },
    "a reading of the trail": async ({ recordId }, { aliases }) => {
      const ask = ListAudit.ask.parse({ recordId: aliases.toReal(recordId) });
      const answered = await audit.asker.ask(ListAudit, ask, { meta: ana, timeoutMs: 10_000 });
      if (!("answer" in answered)) throw new Error(JSON.stringify(answered));
    },
    // As somebody could who owns the server: a record is edited, and an event that was counted is not there.
    "a broken chain": () => tamper(world, "'nobody'", "seq + 1"),
  };
}

/** Changes the last record that came from inventory: one of its numbers is missing then. */
async function tamper(world: World, userName: string, seq: string): Promise<void> {
  await world.sql("alter table audit.records disable trigger records_append_only");
  await world.sql(
    `update audit.records set user_name = ${userName}, seq = ${seq}
     where position = (select max(position) from audit.records where source = 'inventory')`,
  );
  await world.sql("alter table audit.records enable always trigger records_append_only");
}

/** What all interactions share is whole again. */
async function mend(world: World): Promise<void> {
  const broken = await world.sql("select 1 from audit.records where user_name = 'nobody'");
  if (broken.length > 0) await tamper(world, `'${ana.actor.name}'`, "seq - 1");
}
