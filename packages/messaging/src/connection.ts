import type { ServiceName } from "@quartermaster/contracts";
import type { Logger, ProcessConfig } from "@quartermaster/process";
import { connect, type NatsConnection } from "nats";

/** A connection to NATS that comes back by itself, for as long as the process lives. */
export interface Connected {
  readonly connection: NatsConnection;
  /** Replies come to subjects below it, which only this service's user may subscribe to. */
  readonly inboxPrefix: string;
  isConnected(): boolean;
  onReconnect(run: () => void): void;
  /** Sends what is buffered, then closes. */
  close(): Promise<void>;
}

/** Connects as the service; waits for a server as long as it takes. */
export async function connectNats(
  service: ServiceName,
  config: ProcessConfig,
  log: Logger,
): Promise<Connected> {
  const inboxPrefix = `_INBOX.${service}`;
  const connection = await connect({
    servers: config.NATS_URL.split(","),
    name: `${service}/${config.INSTANCE}`,
    inboxPrefix,
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
  const watch = async () => {
    for await (const { type, data } of connection.status()) {
      if (type === "disconnect") connected = false;
      if (type === "reconnect") {
        connected = true;
        for (const listener of listeners) listener();
      }
      if (type === "disconnect" || type === "reconnect" || type === "error") {
        log.warn({ nats: type, data: String(data) }, "connection to NATS");
      }
    }
  };
  void watch();
  return {
    connection,
    inboxPrefix,
    isConnected: () => connected && !connection.isClosed(),
    onReconnect: (run) => listeners.push(run),
    close: async () => {
      // A connection that is down has nothing to drain to.
      await (connected ? connection.drain() : connection.close()).catch(() => undefined);
    },
  };
}
