import autocannon from "autocannon";
import type { Shape } from "./settings";

export interface LoadOptions {
  readonly url: string;
  /** One token per connection: a buyer each. */
  readonly tokens: readonly string[];
  readonly productIds: readonly number[];
  readonly shape: Shape;
  readonly seconds: number;
}

export interface LoadResult {
  /** Answers 201. */
  readonly orders: number;
  /** Any other answer, by status. */
  readonly others: Readonly<Record<string, number>>;
  /** Connections lost and requests without an answer. */
  readonly errors: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Bodies are made beforehand, so that the load generator takes as little of the machine as it can. */
const bodiesPerConnection = 256;

export async function placeOrders(options: LoadOptions): Promise<LoadResult> {
  let nextToken = 0;
  const run = autocannon({
    url: `${options.url}/orders`,
    connections: options.tokens.length,
    duration: options.seconds,
    timeout: 30,
    method: "POST",
    setupClient: (client) => {
      const token = options.tokens[nextToken++ % options.tokens.length];
      const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
      client.setRequests(
        Array.from({ length: bodiesPerConnection }, () => ({
          method: "POST" as const,
          path: "/orders",
          headers,
          body: JSON.stringify({ items: itemsOf(options) }),
        })),
      );
    },
  });
  const startedAt = performance.now();
  const result = await run;
  const seconds = (performance.now() - startedAt) / 1000;
  const statuses = (result as unknown as { statusCodeStats: Record<string, { count: number }> })
    .statusCodeStats;
  const others = Object.entries(statuses ?? {}).filter(([status]) => status !== "201");
  return {
    orders: statuses?.["201"]?.count ?? 0,
    others: Object.fromEntries(others.map(([status, { count }]) => [status, Number(count)])),
    errors: result.errors,
    seconds,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  };
}

function itemsOf({ shape, productIds }: LoadOptions) {
  const hottest = productIds[0];
  if (shape === "hot") return [{ product_id: hottest, quantity: 1 }];
  const first = below(productIds.length);
  // A second product that is never the first, any distance away, in either order.
  const second = (first + 1 + below(productIds.length - 1)) % productIds.length;
  return [first, second].map((index) => ({ product_id: productIds[index], quantity: 1 + below(3) }));
}

function below(limit: number): number {
  return Math.floor(Math.random() * limit);
}
