import { randomUUID } from "node:crypto";
import type { Client } from "autocannon";
import { offer, together } from "./http-load";
import { isHot, type Shape } from "./settings";

export interface LoadOptions {
  /** Of each server that takes the load; the connections are spread over them evenly. */
  readonly urls: readonly string[];
  /** A buyer each; the connections take turns with them. */
  readonly tokens: readonly string[];
  readonly connections: number;
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
  /** Of the answers 201, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function placeOrders(options: LoadOptions): Promise<LoadResult> {
  const { urls, connections, seconds } = options;
  const prepare = buyersInTurn(options);
  const share = (index: number) => Math.floor((connections + urls.length - 1 - index) / urls.length);
  const offered = urls.map((url, index) => ({ url, connections: share(index) }));
  const results = await Promise.all(
    offered
      .filter((each) => each.connections > 0)
      .map((each) => offer({ ...each, seconds, wanted: 201, prepare })),
  );
  const { answered, ...result } = together(results);
  return { orders: answered, ...result };
}

/** Makes each connection a buyer. */
export function buyersInTurn(
  options: Pick<LoadOptions, "tokens" | "productIds" | "shape">,
): (client: Client) => void {
  let nextToken = 0;
  return (client) => {
    const token = options.tokens[nextToken++ % options.tokens.length];
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const keyed = () => ({ ...headers, "idempotency-key": randomUUID() });
    client.setRequests([
      {
        method: "POST",
        path: "/orders",
        // Called for every request; 7 microseconds of the load generator.
        setupRequest: (request) => ({
          ...request,
          headers: options.shape === "keyed" ? keyed() : { ...headers },
          body: orderBody(options),
        }),
      },
    ]);
  };
}

/** One order, as JSON. */
export function orderBody(options: Pick<LoadOptions, "productIds" | "shape">): string {
  return JSON.stringify({ items: itemsOf(options) });
}

function itemsOf({ shape, productIds }: Pick<LoadOptions, "productIds" | "shape">) {
  const hottest = productIds[0];
  if (isHot(shape)) return [{ product_id: hottest, quantity: 1 }];
  const first = below(productIds.length);
  // A second product that is never the first, any distance away, in either order.
  const second = (first + 1 + below(productIds.length - 1)) % productIds.length;
  return [first, second].map((index) => ({ product_id: productIds[index], quantity: 1 + below(3) }));
}

function below(limit: number): number {
  return Math.floor(Math.random() * limit);
}
