import type { ServiceName } from "@quartermaster/contracts";
import type { Logger, ProcessConfig } from "@quartermaster/process";
import type { NatsConnection } from "nats";
import type { z } from "zod";
import { commandLane } from "./commands";
import { consoleOf, version } from "./console";
import type { DeadLetter } from "./dead-letters";
import { serveCommand, serveQuery } from "./endpoint";
import type { Handler } from "./handler";
import type { Lane } from "./lane";
import { serveOps } from "./ops";
import type { OpsHandler } from "./ops-handler";
import type { Reader } from "./sql";
import type { Transact } from "./transact";
import type { UnderWay } from "./under-way";
import type { Waiters } from "./waiters";

/**
 * Serves all commands, queries and operators' verbs of a service through the NATS Services API. `failed` resolves when the server
 * refuses one of them, with an error that names the subject: nothing is served from then on.
 */
export async function serveMessages(
  parts: {
    service: ServiceName;
    config: ProcessConfig;
    configSchema: z.ZodObject;
    log: Logger;
    db: Reader;
    nats: NatsConnection;
    transact: Transact;
    waiters: Waiters;
    underWay: UnderWay;
    /** Each command's lane is added here. */
    lanes: Lane<never, unknown>[];
    onParked: (letter: DeadLetter) => void;
    drain: () => void;
  },
  messages: readonly Handler[],
): Promise<{ failed: Promise<Error>; stop(): Promise<void> }> {
  const { service, config, db, log, transact, waiters, underWay } = parts;
  const served = await parts.nats.services.add({
    name: service,
    version,
    description: `Quartermaster ${service}`,
    metadata: { instance: config.INSTANCE },
    queue: service,
  });
  // The client closes the whole service when the server refuses one of its subscriptions.
  const failed = new Promise<Error>((resolve) => {
    void served.stopped.then((cause) => {
      if (cause) resolve(new Error(`nothing is served any more: ${cause.message}`, { cause }));
    });
  });
  for (const handler of messages) {
    if (handler.kind === "command") {
      const lane = commandLane({ handler, transact, log, onParked: parts.onParked });
      parts.lanes.push(lane as unknown as Lane<never, unknown>);
      serveCommand(served, { handler, lane, waiters, db, log, underWay });
    } else if (handler.kind === "query") serveQuery(served, { handler, db, log, underWay });
  }
  const own = messages.filter((one): one is OpsHandler => one.kind === "show" || one.kind === "act");
  const console_ = consoleOf({ ...parts, messages });
  serveOps(served, { service, instance: config.INSTANCE, db, transact, log, underWay }, [
    ...console_,
    ...own,
  ]);
  // Who is told that the service is up may ask over another connection: the server has to know all endpoints by then.
  await parts.nats
    .flush()
    .catch((error) => log.warn({ err: error }, "endpoints are announced once NATS is back"));
  return { failed, stop: async () => void (await served.stop()) };
}
