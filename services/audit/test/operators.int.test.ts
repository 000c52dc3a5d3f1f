import type { RunningService } from "@quartermaster/messaging";
import { eventually, openWorld, operate, type World } from "@quartermaster/testkit";
import { startAudit } from "./fixture";

let world: World;
let audit: RunningService;
let ada: Awaited<ReturnType<World["operator"]>>;
let bob: typeof ada;

beforeAll(async () => {
  world = await openWorld("audit");
  audit = await startAudit(world);
  ada = await world.operator("ada");
  bob = await world.operator("bob");
});
afterAll(async () => {
  await audit?.stop();
  await world?.close();
});

test("what an operator does stands in the audit: who, what, why, and what was before", async () => {
  await operate(bob, "ops.audit.log-level", { level: "silent", reason: "Too chatty" });
  const read = () =>
    world.sql(
      `select actor_kind, user_id, user_name, action, entity, record_id, event, description, old_values, new_values
       from audit.records where actor_kind = 'operator'`,
    );
  await eventually(async () => (await read()).length === 1, { withinMs: 10_000 });
  const [record] = await read();
  expect(record).toEqual({
    actor_kind: "operator",
    user_id: "bob",
    user_name: "bob",
    action: "COMMAND",
    entity: "operation",
    record_id: "one",
    event: "audit.operator-acted.v1",
    description: "Operator acted",
    old_values: '{"values":{"level":"silent"}}',
    new_values:
      '{"verb":"log-level","instance":"one","reason":"Too chatty","values":{"level":"silent","until":null}}',
  });
});

test("the chain is verified over NATS, and a record that was edited behind everybody's back is found", async () => {
  expect((await operate(ada, "ops.audit.verify")).body).toMatchObject({
    ok: true,
    records: 1,
    firstBroken: null,
  });
  await world.sql("alter table audit.records disable trigger all");
  await world.sql("update audit.records set user_name = 'eve'");
  expect((await operate(ada, "ops.audit.verify")).body).toMatchObject({
    ok: false,
    firstBroken: { position: 1 },
  });
});
