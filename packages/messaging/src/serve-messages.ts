import type { ServiceName } from "@quartermaster/contracts";
import type { Logger, ProcessConfig } from "@quartermaster/process";
import type { NatsConnection, Service } from "nats";
import type { z } from "zod";
import { commandLane } from "./commands";
import { consoleOf, version } from "./console";
import type { DeadLetter } from "./dead-letters";
import { serveCommand, serveQuery } from "./endpoint";
import type { CommandHandler, Handler } from "./handler";
import type { Lane } from "./lane";
import { serveOps } from "./ops";
import type { OpsHandler } from "./ops-handler";
import type { Reader } from "./sql";
import type { Transact } from "./transact";
import type { UnderWay } from "./under-way";
import type { Waiters } from "./waiters";

interface Parts {
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
  isAtWork: () => boolean;
  drain: () => void;
}

/** The endpoints of an instance. */
export interface Served {
  /** Resolves when the server refuses one of them, with an error that names the subject: nothing is served from then on. */
  readonly failed: Promise<Error>;
  /** Takes commands from now on, or leaves them to another instance. */
  takeCommands(take: boolean): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Serves a service's queries and operators' verbs through the NATS Services API, and the commands that are prepared outside of
 * any transaction: that costs the same wherever it is done. The other commands are served as long as this instance takes them.
 */
export async function serveMessages(parts: Parts, messages: readonly Handler[]): Promise<Served> {
  const { transact, log, onParked } = parts;
  const commands = messages
    .filter((one): one is CommandHandler => one.kind === "command")
    .map((handler) => ({ handler, lane: commandLane({ handler, transact, log, onParked }) }));
  parts.lanes.push(...commands.map(({ lane }) => lane as unknown as Lane<never, unknown>));
  const shared = commands.filter(({ handler }) => handler.prepare);
  const led = commands.filter(({ handler }) => !handler.prepare);
  const always = (service: Service) => {
    for (const one of messages) if (one.kind === "query") serveQuery(service, { ...parts, handler: one });
    for (const one of shared) serveCommand(service, { ...parts, ...one });
    serveConsole(service, parts, messages);
  };
  let fail: (error: Error) => void;
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  const open = async () => {
    const service = await openService(parts, (error) => fail(error));
    always(service);
    return service;
  };
  let served = await open();
  let taken = false;
  let stopped = false;
  await known(parts);
  return {
    failed,
    takeCommands: async (take) => {
      if (take === taken || stopped || served.isStopped) return;
      taken = take;
      if (take) for (const one of led) serveCommand(served, { ...parts, ...one });
      else {
        // The client cannot take an endpoint from a service: it is stopped as a whole, and made anew without.
        await served.stop();
        if (!stopped) served = await open();
      }
      await known(parts);
    },
    stop: async () => {
      stopped = true;
      await served.stop();
    },
  };
}

async function openService(
  { nats, service, config }: Parts,
  failed: (error: Error) => void,
): Promise<Service> {
  const opened = await nats.services.add({
    name: service,
    version,
    description: `Quartermaster ${service}`,
    metadata: { instance: config.INSTANCE },
    queue: service,
  });
  // The client closes the whole service when the server refuses one of its subscriptions.
  void opened.stopped.then((cause) => {
    if (cause) failed(new Error(`nothing is served any more: ${cause.message}`, { cause }));
  });
  return opened;
}

function serveConsole(served: Service, parts: Parts, messages: readonly Handler[]): void {
  const own = messages.filter((one): one is OpsHandler => one.kind === "show" || one.kind === "act");
  const console_ = consoleOf({ ...parts, messages });
  serveOps(served, { ...parts, instance: parts.config.INSTANCE }, [...console_, ...own]);
}

/** Who is told that the service is up may ask over another connection: the server has to know all endpoints by then. */
async function known({ nats, log }: Parts): Promise<void> {
  await nats.flush().catch((error) => log.warn({ err: error }, "endpoints are announced once NATS is back"));
}
