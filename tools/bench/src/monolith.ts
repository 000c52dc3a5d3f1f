import { generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { program, schemaFile } from "@quartermaster/bench-monolith";
import { poll, startWatched } from "@quartermaster/servers";
import { sign } from "jsonwebtoken";
import { Client } from "pg";
import { countOrders } from "./invariants";
import { monolithRowChecks } from "./invariants-monolith";
import { placeOrders } from "./load";
import { type BenchSettings, connectionsOf } from "./settings";
import type { Target } from "./target";

/** Only reachable on this machine, in a database that goes after the run. */
const rolePassword = "monolith";

/** Plenty for every order of a run. */
const stockOfEach = 1_000_000_000;

/** Customer 1 has the id ...000000000001 and so on, which pgbench can put together too. */
export const customerIdPrefix = "00000000-0000-7000-8000-";

export interface MonolithOptions {
  readonly settings: BenchSettings;
  /** As superuser, to the database in which the schema `monolith` is made. */
  readonly adminUrl: string;
  readonly port: number;
  readonly logFile: string;
}

/** Makes the monolith's role, schema, products and customers anew, and answers with its login's URL. */
export async function fillMonolith(adminUrl: string, settings: BenchSettings): Promise<string> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(
      `do $$ begin create role monolith login password '${rolePassword}'; exception when duplicate_object then end $$`,
    );
    await client.query(readFileSync(schemaFile, "utf8"));
    await client.query(
      `insert into customers (id, name, email)
        select ($2 || lpad(n::text, 12, '0'))::uuid, 'Customer ' || n, 'customer-' || n || '@bench.example'
        from generate_series(1, $1::int) n`,
      [settings.connections, customerIdPrefix],
    );
    await client.query(
      `insert into products (sku, name, price_minor, on_hand)
        select 'BENCH-' || lpad(n::text, 5, '0'), 'Bench product ' || n, 500 + n * 7 % 9500, $2::int
        from generate_series(1, $1::int) n`,
      [settings.products, stockOfEach],
    );
    await client.query("analyze customers, products");
  } finally {
    await client.end();
  }
  const url = new URL(adminUrl);
  url.username = "monolith";
  url.password = rolePassword;
  return url.href;
}

/** Fills its schema and starts the monolith as a process of its own. */
export async function startMonolith(options: MonolithOptions): Promise<Target> {
  const { settings } = options;
  const databaseUrl = await fillMonolith(options.adminUrl, settings);
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  // The young generation is as large as that of Quartermaster's services.
  const server = await startWatched(
    process.execPath,
    ["--no-deprecation", "--max-semi-space-size=32", program],
    {
      logFile: options.logFile,
      env: {
        ...process.env,
        NODE_ENV: "production",
        PORT: `${options.port}`,
        DATABASE_URL: databaseUrl,
        TOKEN_PUBLIC_JWK: JSON.stringify(keys.publicKey.export({ format: "jwk" })),
        POOL_SIZE: `${settings.monolith.poolSize}`,
        WORKERS: `${settings.monolith.workers}`,
        PIPELINE: `${settings.monolith.pipeline}`,
      },
    },
  );
  const url = `http://127.0.0.1:${options.port}`;
  await untilReady(url, () => server.running, options.logFile);
  const tokens = tokensFor(settings.connections, keys.privateKey);
  const productIds = Array.from({ length: settings.products }, (_, index) => index + 1);
  return {
    name: "monolith",
    takes: () => true,
    processes: () => [{ name: "monolith", pid: server.pid }],
    load: (shape, seconds) =>
      placeOrders({
        urls: [url],
        tokens,
        connections: connectionsOf(shape, settings),
        productIds,
        shape,
        seconds,
      }),
    settle: async () => 0,
    countOrders: () => countOrders(options.adminUrl, "monolith.orders"),
    rows: monolithRowChecks(options.adminUrl),
    stop: () => server.stop(),
  };
}

async function untilReady(url: string, running: () => boolean, logFile: string): Promise<void> {
  const answers = async () => {
    if (!running()) throw new Error(`the monolith ended while it started: see ${logFile}`);
    const response = await fetch(`${url}/health`).catch(() => undefined);
    return response?.ok === true;
  };
  if ((await poll(answers, 20_000, 50)) === undefined)
    throw new Error(`the monolith is not ready: see ${logFile}`);
}

function tokensFor(count: number, key: KeyObject): string[] {
  return Array.from({ length: count }, (_, index) =>
    sign(claimsOf(index + 1), key, {
      algorithm: "ES256",
      subject: randomUUID(),
      issuer: "monolith",
      audience: "monolith",
      expiresIn: "2h",
    }),
  );
}

function claimsOf(number: number) {
  const customerId = customerIdPrefix + `${number}`.padStart(12, "0");
  return { name: `customer-${number}@bench.example`, role: "CUSTOMER", customerId };
}
