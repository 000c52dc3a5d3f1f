import { randomBytes } from "node:crypto";
import { databaseUrl, type ServiceName, serviceUrl } from "@quartermaster/servers";
import { connect, Events, type NatsConnection } from "nats";
import { Pool } from "pg";
import { postgresUrl, testPassword } from "./postgres-address";
import { cloneDatabase, dropDatabase } from "./template-database";
import { startTestNats } from "./test-servers";

/** What one test file has to itself. */
export interface World {
  /** As the service's own login role, with the rights it has in production. */
  databaseUrl(service: ServiceName): string;
  /** As the superuser. */
  readonly ownerUrl: string;
  readonly natsUrl: string;
  /** As the superuser with search_path public: tables are written `schema.table`. */
  sql<Row = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Connects again by itself after `restartNats`. */
  readonly nats: NatsConnection;
  /** SIGKILL to the NATS server. */
  killNats(): Promise<void>;
  /**
   * Starts it again on the same port, and waits until `nats` is connected; `wipe` deletes its store before. Kills it first
   * when it still runs.
   */
  restartNats(options?: { wipe?: boolean }): Promise<void>;
  close(): Promise<void>;
}

/**
 * A database of this test file's own (cloned from a migrated template, with schemas and roles as in production) and a
 * NATS server of its own. Call it in `beforeAll`, and `close` in `afterAll`.
 */
export async function openWorld(service: ServiceName, ...more: ServiceName[]): Promise<World> {
  const adminUrl = postgresUrl();
  const name = `world_${randomBytes(6).toString("hex")}`;
  const [natsServer] = await Promise.all([
    startTestNats(),
    cloneDatabase(adminUrl, [service, ...more], name),
  ]);
  const ownerUrl = databaseUrl(adminUrl, name);
  const pool = new Pool({ connectionString: ownerUrl, max: 4, options: "-c search_path=public" });
  // An idle connection may be ended by a test that kills backends; the next statement opens another.
  pool.on("error", () => undefined);
  const nats = await connect({ servers: natsServer.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  return {
    databaseUrl: (of) => serviceUrl(ownerUrl, of, testPassword(of)),
    ownerUrl,
    natsUrl: natsServer.url,
    sql: async <Row>(text: string, values: unknown[] = []) => (await pool.query(text, values)).rows as Row[],
    nats,
    killNats: () => natsServer.kill(),
    restartNats: async ({ wipe = false } = {}) => {
      const connected = reconnection(nats);
      await natsServer.kill();
      if (wipe) await natsServer.wipe();
      await natsServer.start();
      await connected;
    },
    close: async () => {
      await Promise.all([nats.close(), pool.end()]);
      await Promise.all([natsServer.stop(), dropDatabase(adminUrl, name)]);
    },
  };
}

async function reconnection(nats: NatsConnection): Promise<void> {
  for await (const { type } of nats.status()) {
    if (type === Events.Reconnect) return;
  }
}
