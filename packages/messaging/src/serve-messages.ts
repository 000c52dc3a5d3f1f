import type { ServiceName } from "@quartermaster/contracts";
import type { Logger, ProcessConfig } from "@quartermaster/process";
import type { NatsConnection } from "nats";
import { commandLane } from "./commands";
import { type DeadLetter, listDeadLetters } from "./dead-letters";
import { serveCommand, serveQuery } from "./endpoint";
import type { Handler } from "./handler";
import { ReplayAsk, replay } from "./holes";
import type { Lane } from "./lane";
import { serveOps } from "./ops";
import { type Reader, sql } from "./sql";
import type { Transact } from "./transact";
import type { Waiters } from "./waiters";

const deadLettersShownMax = 100;
const ping = sql("ping", "select 1");

/** Serves all commands, queries and operators' verbs of a service through the NATS Services API. */
export async function serveMessages(
  parts: {
    service: ServiceName;
    config: ProcessConfig;
    log: Logger;
    db: Reader;
    nats: NatsConnection;
    transact: Transact;
    waiters: Waiters;
    /** Each command's lane is added here. */
    lanes: Lane<never, unknown>[];
    onParked: (letter: DeadLetter) => void;
  },
  messages: readonly Handler[],
): Promise<{ stop(): Promise<void> }> {
  const { service, config, db, log, transact, waiters } = parts;
  const served = await parts.nats.services.add({
    name: service,
    version: "0.1.0",
    description: `Quartermaster ${service}`,
    metadata: { instance: config.INSTANCE },
    queue: service,
  });
  for (const handler of messages) {
    if (handler.kind === "command") {
      const lane = commandLane({ handler, transact, log, onParked: parts.onParked });
      parts.lanes.push(lane as unknown as Lane<never, unknown>);
      serveCommand(served, { handler, lane, waiters, db, log });
    } else if (handler.kind === "query") serveQuery(served, { handler, db, log });
  }
  const health = async () => ({
    service,
    instance: config.INSTANCE,
    ready: (await db.rows(ping)).length === 1,
    uptimeSeconds: Math.round(process.uptime()),
  });
  serveOps(
    served,
    { service, log },
    {
      health,
      replay: (ask) => replay(db, ReplayAsk.parse(ask)),
      "dead-letters": async () => ({ data: await listDeadLetters(db, deadLettersShownMax) }),
    },
  );
  return { stop: async () => void (await served.stop()) };
}
