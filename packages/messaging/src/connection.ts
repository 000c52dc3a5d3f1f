import type { ServiceName } from "@quartermaster/contracts";
import type { Logger, ProcessConfig } from "@quartermaster/process";
import { connect, type NatsConnection } from "nats";
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

/** Connects as the service; waits for a server as long as it takes. */
export async function connectNats(
  service: ServiceName,
  config: ProcessConfig,
  log: Logger,
): Promise<Connected> {
  const connection = await connect({
    servers: config.NATS_URL.split(","),
    name: `${service}/${config.INSTANCE}`,
    inboxPrefix: inboxOf(service),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    waitOnFirstConnect: true,
    pingInterval: 10_000,
    // A password that is being rotated is wrong for a moment, not for ever.
    ignoreAuthErrorAbort: true,
    ...(config.NATS_USER ? { user: config.NATS_USER } : {}),
    ...(config.NATS_PASSWORD ? { pass: config.NATS_PASSWORD } : {}),
  });
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
