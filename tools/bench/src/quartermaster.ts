import { poll } from "@quartermaster/servers";
import { defaultAdmin, type Stack } from "@quartermaster/stack";
import type { CountedProcess } from "./cpu";
import { countOrders, withClient } from "./invariants";
import { openWork, quartermasterRowChecks } from "./invariants-quartermaster";
import { placeOrders } from "./load";
import { type BenchSettings, connectionsOf } from "./settings";
import type { Target } from "./target";

/** Plenty for every order of a run. */
const stockOfEach = 100_000_000;

/** Passwords are hashed and rows written one after the other by few; more at once would only queue. */
const requestsAtOnce = 4;

/** Whoever waits longer for the audit than this has lost an event. */
const settledWithinMs = 60_000;

export interface QuartermasterOptions {
  readonly settings: BenchSettings;
  readonly stack: Stack;
  readonly say: (sentence: string) => void;
}

/** The platform as a target, and what other measurements of it need. */
export interface Platform extends Target {
  readonly url: string;
  /** One per connection: a buyer each. */
  readonly tokens: readonly string[];
  readonly productIds: readonly number[];
  /** The services' processes, without NATS. */
  services(): readonly CountedProcess[];
}

/** Fills a stack that runs with products and buyers, all through its REST API. */
export async function fillQuartermaster({ settings, stack, say }: QuartermasterOptions): Promise<Platform> {
  const url = stack.gatewayUrl;
  const admin = await logIn(url, defaultAdmin.email, defaultAdmin.password);
  say(`creating ${settings.products} products through POST /products`);
  const productIds = await inParallel(settings.products, async (index) => {
    const product = await post(`${url}/products`, productOf(index), admin);
    return product.id as number;
  });
  say(`registering ${settings.connections} buyers`);
  const tokens = await inParallel(settings.connections, async (index) => {
    const buyer = { email: `bench-${Date.now()}-${index}@bench.example`, password: "bench-buyer-password" };
    await post(`${url}/auth/register`, { ...buyer, role: "CUSTOMER" });
    return logIn(url, buyer.email, buyer.password);
  });
  return platformOf({ settings, stack, tokens, productIds });
}

/** The platform on a stack that has been filled. */
export function platformOf({
  settings,
  stack,
  tokens,
  productIds,
}: Pick<QuartermasterOptions, "settings" | "stack"> & Pick<Platform, "tokens" | "productIds">): Platform {
  const url = stack.gatewayUrl;
  const processes = () =>
    Object.entries(stack.pids()).flatMap(([name, pid]) =>
      name === "postgres" || pid === undefined ? [] : [{ name, pid }],
    );
  return {
    name: "quartermaster",
    url,
    tokens,
    productIds,
    takes: () => true,
    processes,
    services: () => processes().filter(({ name }) => name !== "nats"),
    load: (shape, seconds) =>
      placeOrders({
        urls: stack.gatewayUrls,
        tokens,
        connections: connectionsOf(shape, settings),
        productIds,
        shape,
        seconds,
      }),
    settle: () => settle(stack.adminDatabaseUrl),
    countOrders: () => countOrders(stack.adminDatabaseUrl, "orders.orders", "status = 'PENDING'"),
    rows: quartermasterRowChecks(stack.adminDatabaseUrl),
    brokenAtTheEnd: () => brokenChain(url),
    // The stack is the ground that the others stand on too, and is stopped with it.
    stop: async () => {},
  };
}

function productOf(index: number) {
  const number = `${index + 1}`.padStart(5, "0");
  return {
    sku: `BENCH-${number}`,
    name: `Bench product ${index + 1}`,
    price: (500 + (((index + 1) * 7) % 9500)) / 100,
    stock_quantity: stockOfEach,
  };
}

async function logIn(url: string, email: string, password: string): Promise<string> {
  const { access_token } = await post(`${url}/auth/login`, { email, password });
  return access_token as string;
}

/** The audit recomputes its whole chain and counts each source's numbers. */
async function brokenChain(url: string): Promise<string[]> {
  const admin = await logIn(url, defaultAdmin.email, defaultAdmin.password);
  const response = await fetch(`${url}/audit/verify`, { headers: { authorization: `Bearer ${admin}` } });
  const text = await response.text();
  const isWhole = response.ok && (JSON.parse(text) as { ok: boolean }).ok;
  return isWhole ? [] : [`the audit does not verify: ${response.status} ${text.slice(0, 600)}`];
}

async function post(url: string, body: object, token?: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
  if (response.ok) return (await response.json()) as Record<string, unknown>;
  throw new Error(`POST ${new URL(url).pathname} answered ${response.status}: ${await response.text()}`);
}

/** Results in the order of their index. */
async function inParallel<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = new Array(count);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) results[index] = await work(index);
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, worker));
  return results;
}

/** Waits until no saga is under way and the audit has every event; milliseconds it took. */
async function settle(adminUrl: string): Promise<number> {
  const startedAt = performance.now();
  await withClient(adminUrl, async (client) => {
    const done = await poll(async () => (await openWork(client)).length === 0, settledWithinMs, 100);
    if (done) return;
    const open = await openWork(client);
    throw new Error(`after ${settledWithinMs / 1000} s there is still work open: ${open.join("; ")}`);
  });
  return performance.now() - startedAt;
}
