import { isDeepStrictEqual } from "node:util";
import { program } from "@quartermaster/bench-reads";
import { poll, startWatched, type WatchedProcess } from "@quartermaster/servers";
import type { Stack } from "@quartermaster/stack";
import type { Client } from "autocannon";
import { offer, together } from "./http-load";
import type { Platform } from "./quartermaster";
import { type Reader, type ReadMeasurement, readers } from "./reads-report";
import type { BenchSettings } from "./settings";

/** What is asked for, by a buyer who has these orders. */
interface Endpoint {
  readonly name: string;
  readonly paths: (orderIds: readonly string[]) => string[];
}

const endpoints: readonly Endpoint[] = [
  { name: "GET /products?in_stock=true", paths: () => ["/products?in_stock=true"] },
  { name: "GET /orders/{id}", paths: (orderIds) => orderIds.map((id) => `/orders/${id}`) },
  { name: "GET /orders", paths: () => ["/orders"] },
];

/** Before the first round, of each endpoint and server; for both alike. */
const warmUpSecondsMax = 3;

export interface ReadsResult {
  readonly measurements: readonly ReadMeasurement[];
  /** A sentence for each thing wrong. */
  readonly broken: readonly string[];
}

interface Buyer {
  readonly token: string;
  /** The newest page of its orders. */
  readonly orderIds: readonly string[];
}

/** Starts the bare endpoint on the stack's database. */
export async function startBareReads(
  stack: Stack,
  { port, logFile, poolSize }: { port: number; logFile: string; poolSize: number },
): Promise<WatchedProcess & { readonly url: string }> {
  const jwks = await (await fetch(`${stack.gatewayUrl}/.well-known/jwks.json`)).text();
  // The young generation is as large as that of Quartermaster's services.
  const server = await startWatched(
    process.execPath,
    ["--no-deprecation", "--max-semi-space-size=32", program],
    {
      logFile,
      env: {
        ...process.env,
        NODE_ENV: "production",
        PORT: `${port}`,
        POOL_SIZE: `${poolSize}`,
        INVENTORY_DATABASE_URL: stack.databaseUrl("inventory"),
        ORDERS_DATABASE_URL: stack.databaseUrl("orders"),
        JWKS: jwks,
      },
    },
  );
  const url = `http://127.0.0.1:${port}`;
  const answers = async () => (await fetch(`${url}/health`).catch(() => undefined))?.ok === true;
  if ((await poll(answers, 20_000, 50)) === undefined)
    throw new Error(`bench/reads is not ready: see ${logFile}`);
  return Object.assign(Object.create(server) as WatchedProcess, { url });
}

/** Each round asks each endpoint of each server in turn, after both have shown that they answer the same. */
export async function measureReads(
  settings: BenchSettings,
  platform: Platform,
  bareUrl: string,
  tell: (sentence: string) => void,
): Promise<ReadsResult> {
  const urls: Readonly<Record<Reader, string>> = { quartermaster: platform.url, bare: bareUrl };
  const buyers = await Promise.all(platform.tokens.map((token) => buyerOf(platform.url, token)));
  const broken = await differences(urls, buyers);
  const measurements: ReadMeasurement[] = [];
  const load = (endpoint: Endpoint, reader: Reader, seconds: number) =>
    loadReads({ url: urls[reader], buyers, endpoint, seconds });
  tell(`warming up reads: ${Math.min(warmUpSecondsMax, settings.readSeconds)} s each`);
  for (const endpoint of endpoints)
    for (const reader of readers)
      await load(endpoint, reader, Math.min(warmUpSecondsMax, settings.readSeconds));
  for (let round = 1; round <= settings.rounds; round += 1) {
    for (const endpoint of endpoints) {
      for (const reader of readers) {
        const result = await load(endpoint, reader, settings.readSeconds);
        const failed = Object.values(result.others).reduce((sum, each) => sum + each, result.errors);
        const measured = { endpoint: endpoint.name, reader, round, ...result };
        measurements.push(measured);
        tell(
          `round ${round}/${settings.rounds}  ${endpoint.name.padEnd(28)}  ${reader.padEnd(13)}  ` +
            `${result.requestsPerSecond.toFixed(0).padStart(5)} requests/s`,
        );
        if (failed > 0) broken.push(`${reader}, ${endpoint.name}, round ${round}: ${failed} requests failed`);
      }
    }
  }
  return { measurements, broken };
}

async function buyerOf(url: string, token: string): Promise<Buyer> {
  const { data } = (await read(`${url}/orders`, token)) as { data: { id: string }[] };
  if (data.length === 0) throw new Error("a buyer has no orders to be read");
  return { token, orderIds: data.map(({ id }) => id) };
}

/** A ratio counts only between servers that answer the same. */
async function differences(
  urls: Readonly<Record<Reader, string>>,
  buyers: readonly Buyer[],
): Promise<string[]> {
  const [buyer] = buyers;
  if (!buyer) throw new Error("there is nobody to read");
  const sentences: string[] = [];
  for (const { name, paths } of endpoints) {
    const [path = "/"] = paths(buyer.orderIds);
    const [one, other] = await Promise.all(readers.map((reader) => read(urls[reader] + path, buyer.token)));
    if (!isDeepStrictEqual(one, other)) sentences.push(`${name}: the bare endpoint answers something else`);
  }
  return sentences;
}

async function read(url: string, token: string): Promise<unknown> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`GET ${new URL(url).pathname} answered ${response.status}`);
  return response.json();
}

async function loadReads(options: {
  url: string;
  buyers: readonly Buyer[];
  endpoint: Endpoint;
  seconds: number;
}) {
  const { url, buyers, endpoint, seconds } = options;
  let next = 0;
  const prepare = (client: Client) => {
    const buyer = buyers[next++ % buyers.length] as Buyer;
    const headers = { authorization: `Bearer ${buyer.token}` };
    client.setRequests(
      endpoint.paths(buyer.orderIds).map((path) => ({ method: "GET" as const, path, headers })),
    );
  };
  const connections = buyers.length;
  const { answered, ...result } = together([
    await offer({ url, connections, seconds, wanted: 200, prepare }),
  ]);
  return { requestsPerSecond: answered / result.seconds, ...result };
}
