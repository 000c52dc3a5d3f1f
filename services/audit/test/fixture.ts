import {
  type AskOf,
  CreateLocation,
  ListAudit,
  LocationCreated,
  VerifyAudit,
} from "@quartermaster/contracts";
import {
  askerOver,
  done,
  type Handler,
  handle,
  type Meta,
  newId,
  type RunningService,
  startService,
} from "@quartermaster/messaging";
import { ProcessConfig } from "@quartermaster/process";
import { eventually, silentLog, type World } from "@quartermaster/testkit";
import { start } from "../src/app";

export const ana: Meta = {
  actor: { kind: "user", id: "u-ana", name: "Ana Muñoz", role: "ADMIN", ip: "10.0.0.7" },
  requestId: "req-ana",
  causation: null,
  traceparent: null,
};
export const ben: Meta = {
  ...ana,
  actor: { kind: "user", id: "u-ben", name: "Ben", role: "MANAGER" },
  requestId: "req-ben",
};

function configOf(world: World, service: "audit" | "inventory", instance: string): ProcessConfig {
  return ProcessConfig.parse({
    DATABASE_URL: world.databaseUrl(service),
    ...world.natsFor(service),
    INSTANCE: instance,
    DATABASE_POOL_MAX: 4,
  });
}

export async function startAudit(world: World, instance = "one"): Promise<RunningService> {
  return asTester(world, await start(configOf(world, "audit", instance), silentLog));
}

const at = "2026-01-01T00:00:00.000Z";

/** Opens locations without a table: the event is all that it does. */
const openLocations: Handler = handle(CreateLocation, async (_tx, commands) =>
  commands.map(({ ask }) => {
    const fields = { id: newId(), ...ask, version: 1 };
    const stamps = { createdAt: at, createdBy: null, updatedAt: at, updatedBy: null };
    return done(
      { ...fields, ...stamps },
      LocationCreated.of({ entityId: ask.code, version: 1, old: null, new: fields }),
    );
  }),
);

/** Another service, with a real outbox and relay, that has something to tell. */
export async function startInventory(world: World): Promise<RunningService> {
  const config = configOf(world, "inventory", "one");
  const messages = [openLocations];
  return asTester(world, await startService({ service: "inventory", config, log: silentLog, messages }));
}

/** A service's user may not ask itself: tests ask in the tester's name. */
function asTester(world: World, service: RunningService): RunningService {
  return { ...service, asker: askerOver(world.tester) };
}

/** Opens locations with codes `<prefix>0` and on; each says one event about a record of that id. */
export async function openMany(
  inventory: RunningService,
  prefix: string,
  count: number,
  meta = ana,
): Promise<void> {
  const open = (code: string) =>
    inventory.asker.ask(CreateLocation, { code, name: code, type: "DEPOT" }, { meta, timeoutMs: 10_000 });
  await Promise.all(Array.from({ length: count }, (_, n) => open(`${prefix}${n}`)));
}

/** Waits until the audit holds this many of inventory's events. */
export async function recorded(world: World, count: number, withinMs = 15_000): Promise<void> {
  const sql = "select count(*)::int as n from audit.records where source = 'inventory'";
  await eventually(async () => ((await world.sql<{ n: number }>(sql))[0]?.n ?? 0) >= count, { withinMs });
}

export async function verify(audit: RunningService) {
  const answered = await audit.asker.ask(VerifyAudit, {}, { meta: ana, timeoutMs: 10_000 });
  if (!("answer" in answered)) throw new Error("the audit did not answer");
  return answered.answer;
}

export async function list(audit: RunningService, ask: Partial<AskOf<typeof ListAudit>>, meta = ana) {
  const answered = await audit.asker.ask(ListAudit, ask as AskOf<typeof ListAudit>, {
    meta,
    timeoutMs: 10_000,
  });
  if (!("answer" in answered)) throw new Error(`the audit refused: ${JSON.stringify(answered)}`);
  return answered.answer;
}
