import { setTimeout as wait } from "node:timers/promises";
import type { ServiceName } from "@quartermaster/contracts";
import type { Logger, ProcessConfig } from "@quartermaster/process";
import { type ConnectionOptions, connect, type NatsConnection } from "nats";
import { inboxOf } from "./subjects";

/** A connection to NATS that comes back by itself, for as long as the process lives. */
export interface Connected {
  readonly connection: NatsConnection;
  /** Replies come to subjects below inboxOf(asker), which only this service's user may subscribe to. */
  readonly asker: string;
  isConnected(): boolean;
  onReconnect(run: () => void): void;
  /** Told the subject of each message that the server has refused to take, for want of rights. */
  onDenied(run: (subject: string) => void): void;
  /** Sends what is buffered, then closes. */
  close(): Promise<void>;
}

const retryMs = 250;
/** A connection on which three in a row are not answered is dead, and made anew. */
const pingEveryMs = 2_000;

/** Connects as the service; waits for a server as long as it takes. */
export async function connectNats(
  service: ServiceName,
  config: ProcessConfig,
  log: Logger,
): Promise<Connected> {
  const options: ConnectionOptions = {
    servers: config.NATS_URL.split(","),
    name: `${service}/${config.INSTANCE}`,
    inboxPrefix: inboxOf(service),
    maxReconnectAttempts: -1,
    reconnectTimeWait: retryMs,
    pingInterval: pingEveryMs,
    // A password that is being rotated is wrong for a moment, not for ever.
    ignoreAuthErrorAbort: true,
    ...(config.NATS_USER ? { user: config.NATS_USER } : {}),
    ...(config.NATS_PASSWORD ? { pass: config.NATS_PASSWORD } : {}),
  };
  const connection = await connectFirst(options, log);
  let connected = true;
  const listeners: (() => void)[] = [];
  const deniedListeners: ((subject: string) => void)[] = [];
  const watch = async () => {
    for await (const status of connection.status()) {
      const { type, data } = status;
      if (type === "disconnect") connected = false;
      if (type === "reconnect") {
        connected = true;
        for (const listener of listeners) listener();
      }
      // The server tells afterwards, of a message or a subscription that it did not take.
      const denied = status.permissionContext;
      if (denied) {
        log.error(
          { ...denied, user: config.NATS_USER },
          "the NATS user lacks a right (docs/nats-permissions.md)",
        );
        if (denied.operation === "publish") for (const told of deniedListeners) told(denied.subject);
      } else if (type === "disconnect" || type === "reconnect" || type === "error") {
        log.warn({ nats: type, data: String(data) }, "connection to NATS");
      }
    }
  };
  void watch();
  return {
    connection,
    asker: service,
    isConnected: () => connected && !connection.isClosed(),
    onReconnect: (run) => void listeners.push(run),
    onDenied: (run) => void deniedListeners.push(run),
    close: async () => {
      // A connection that is down has nothing to drain to.
      await (connected ? connection.drain() : connection.close()).catch(() => undefined);
    },
  };
}

/** The client could wait by itself, but says nothing of what it waits for: a server, or the right password. */
async function connectFirst(options: ConnectionOptions, log: Logger): Promise<NatsConnection> {
  let said = "";
  for (;;) {
    try {
      return await connect(options);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== said) log.warn({ nats: why, user: options.user }, "waiting for NATS");
      said = why;
      await wait(retryMs);
    }
  }
}
