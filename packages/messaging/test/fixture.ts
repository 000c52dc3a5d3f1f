import { CreateLocation, type Location, LocationCreated } from "@quartermaster/contracts";
import { type Logger, ProcessConfig } from "@quartermaster/process";
import { silentLog, type World } from "@quartermaster/testkit";
import type { z } from "zod";
import {
  askerOver,
  type Command,
  done,
  type Handler,
  handle,
  type Meta,
  newId,
  type RunningService,
  startService,
} from "../src/index";

export const meta: Meta = {
  actor: { kind: "user", id: "u-1", name: "Ana Muñoz", role: "ADMIN" },
  requestId: "r-1",
  causation: null,
  traceparent: null,
};

/** Starts a service of the given name on the world's servers, with a small pool. */
export async function startOn(
  world: World,
  service: "inventory" | "orders" | "audit" | "identity",
  messages: Handler[],
  instance = "one",
  log: Logger = silentLog,
  commandsBy: ProcessConfig["COMMANDS_BY"] = "leader",
): Promise<RunningService> {
  const config = ProcessConfig.parse({
    DATABASE_URL: world.databaseUrl(service),
    ...world.natsFor(service),
    INSTANCE: instance,
    COMMANDS_BY: commandsBy,
    DATABASE_POOL_MAX: 4,
  });
  // A service's user may not ask itself: tests ask in the tester's name.
  const started = await startService({ service, config, log, messages });
  return { ...started, asker: askerOver(world.tester) };
}

const at = "2026-01-01T00:00:00.000Z";

export function locationOf(command: Command<typeof CreateLocation>): z.infer<typeof Location> {
  const { code, name, type } = command.ask;
  return {
    id: newId(),
    code,
    name,
    type,
    version: 1,
    createdAt: at,
    createdBy: null,
    updatedAt: at,
    updatedBy: null,
  };
}

/** Opens locations without a table: what it says is all that it does. Codes that begin with "poison" fail by a defect. */
export function openLocations(seen: string[][] = []): Handler {
  return handle(CreateLocation, async (_tx, commands) => {
    seen.push(commands.map((one) => one.ask.code));
    if (commands.some((one) => one.ask.code.startsWith("poison"))) throw new Error("cannot digest this one");
    return commands.map((one) => {
      const location = locationOf(one);
      const { id, code, name, type, version } = location;
      return done(
        location,
        LocationCreated.of({ entityId: id, version, old: null, new: { id, code, name, type, version } }),
      );
    });
  });
}
