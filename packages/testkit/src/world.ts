import { randomBytes } from "node:crypto";
import { databaseUrl, type NatsAccess, type ServiceName, serviceUrl } from "@quartermaster/servers";
import { type ConnectionOptions, connect, Events, type NatsConnection } from "nats";
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
  /** What a service needs in its environment to connect as its own user, with the rights it has in production. */
  natsFor(service: ServiceName): { NATS_URL: string; NATS_USER: string; NATS_PASSWORD: string };
  /** As an operator, in an account of their own. Closed with the world. */
  operator(name?: (typeof operators)[number]): Promise<NatsConnection>;
  /** As the superuser with search_path public: tables are written `schema.table`. */
  sql<Row = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
  /**
   * In the services' account, without limits: to look at everything, and to stand in for what is not there. It connects again
   * by itself after `restartNats`. Services do not answer into its inbox; ask them over `askerOver(world.tester)`.
   */
  readonly nats: NatsConnection;
  /** For `askerOver`: asks any service, in its own name, over `nats`. */
  readonly tester: {
    readonly connection: NatsConnection;
    readonly asker: string;
    isConnected(): boolean;
    onDenied(run: (subject: string) => void): void;
  };
  /** SIGKILL to the NATS server. */
  killNats(): Promise<void>;
  /**
   * Starts it again on the same port, and waits until `nats` is connected; `wipe` deletes its store before. Kills it first
   * when it still runs.
   */
  restartNats(options?: { wipe?: boolean }): Promise<void>;
  close(): Promise<void>;
}

/** The operators of a world; their password is their name. */
const operators = ["ada", "bob"] as const;
const almighty = "test";
const access: NatsAccess = { operators, almighty, passwordOf: testPassword };

/**
 * A database of this test file's own (cloned from a migrated template, with schemas and roles as in production) and a
 * NATS server of its own. Call it in `beforeAll`, and `close` in `afterAll`.
 */
export async function openWorld(service: ServiceName, ...more: ServiceName[]): Promise<World> {
  const adminUrl = postgresUrl();
  const name = `world_${randomBytes(6).toString("hex")}`;
  const [natsServer] = await Promise.all([
    startTestNats(access),
    cloneDatabase(adminUrl, [service, ...more], name),
  ]);
  const ownerUrl = databaseUrl(adminUrl, name);
  const pool = new Pool({ connectionString: ownerUrl, max: 4, options: "-c search_path=public" });
  // An idle connection may be ended by a test that kills backends; the next statement opens another.
  pool.on("error", () => undefined);
  const connections: NatsConnection[] = [];
  const connectAs = async (user: string, options: ConnectionOptions = {}) => {
    const login = { servers: natsServer.url, user, pass: testPassword(user) };
    const made = await connect({ ...login, maxReconnectAttempts: -1, reconnectTimeWait: 50, ...options });
    connections.push(made);
    return made;
  };
  const nats = await connectAs(almighty, { inboxPrefix: `_INBOX.${almighty}` });
  return {
    databaseUrl: (of) => serviceUrl(ownerUrl, of, testPassword(of)),
    ownerUrl,
    natsUrl: natsServer.url,
    natsFor: (service) => ({
      NATS_URL: natsServer.url,
      NATS_USER: service,
      NATS_PASSWORD: testPassword(service),
    }),
    operator: (name = "ada") => connectAs(name),
    sql: async <Row>(text: string, values: unknown[] = []) => (await pool.query(text, values)).rows as Row[],
    nats,
    tester: {
      connection: nats,
      asker: almighty,
      isConnected: () => !nats.isClosed(),
      // It may ask everything.
      onDenied: () => undefined,
    },
    killNats: () => natsServer.kill(),
    restartNats: async ({ wipe = false } = {}) => {
      const connected = reconnection(nats);
      await natsServer.kill();
      if (wipe) await natsServer.wipe();
      await natsServer.start();
      await connected;
    },
    close: async () => {
      await Promise.all([...connections.map((one) => one.close()), pool.end()]);
      await Promise.all([natsServer.stop(), dropDatabase(adminUrl, name)]);
    },
  };
}

async function reconnection(nats: NatsConnection): Promise<void> {
  for await (const { type } of nats.status()) {
    if (type === Events.Reconnect) return;
  }
}
