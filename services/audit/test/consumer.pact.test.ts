import { allEvents, type EventBody, type EventContract, type ServiceName } from "@quartermaster/contracts";
import { type RunningService, startService } from "@quartermaster/messaging";
import { Consumer, casesOf } from "@quartermaster/pacts";
import { ProcessConfig } from "@quartermaster/process";
import { eventually, openWorld, silentLog, type World } from "@quartermaster/testkit";
import { ana, startAudit } from "./fixture";

/** The audit stores the values of any event as they are: it relies on the envelope, whatever the fields are. */
const reliances = allEvents.map((contract) => ({ contract, on: ["entityId", "version", "old.", "new."] }));

const consumer = new Consumer("audit");
const sources = new Map<ServiceName, RunningService>();
let world: World;
let audit: RunningService;

beforeAll(async () => {
  world = await openWorld("audit", "gateway", "identity", "inventory", "orders", "billing");
  audit = await startAudit(world);
}, 60_000);
afterAll(async () => {
  consumer.close();
  for (const source of sources.values()) await source.stop();
  await audit?.stop();
  await world?.close();
});

test.each(casesOf(reliances))("$description", async ({ contract, ...one }) => {
  const event = contract as EventContract;
  await consumer.relyOn({ contract, ...one }, async (said) => {
    const body = said as EventBody;
    const source = await sourceOf(event.service);
    await source.inTransaction(async () => ({
      result: undefined,
      said: [{ said: { contract: event, body }, meta: ana }],
    }));
    const { entityId, version, old, new: fresh } = body;
    expect(await recordOf(event)).toEqual({
      action: event.action,
      entity: event.entity,
      record_id: entityId,
      version,
      old_values: old === null ? null : JSON.stringify(old),
      new_values: fresh === null ? null : JSON.stringify(fresh),
      user_name: ana.actor.name,
    });
  });
});

test("the committed pacts of the audit say the same: otherwise run `npm run pacts`", () => {
  expect(consumer.stale()).toEqual([]);
});

/** A service with a real outbox and relay, that says what it is told to; the audit says its own events. */
async function sourceOf(service: ServiceName): Promise<RunningService> {
  if (service === "audit") return audit;
  const known = sources.get(service);
  if (known) return known;
  const config = ProcessConfig.parse({
    DATABASE_URL: world.databaseUrl(service),
    ...world.natsFor(service),
    INSTANCE: service,
    DATABASE_POOL_MAX: 4,
  });
  const started = await startService({ service, config, log: silentLog, messages: [] });
  sources.set(service, started);
  return started;
}

/** Where the event has come to in the trail. */
function recordOf({ name }: EventContract) {
  const statement = `select action, entity, record_id, version, old_values, new_values, user_name
    from audit.records where event = $1`;
  return eventually(async () => (await world.sql(statement, [name]))[0], { withinMs: 15_000 });
}
