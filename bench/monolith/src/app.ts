import express, { type Express, type NextFunction, type Request, type Response } from "express";
import type { Pool } from "pg";
import type { Logger } from "pino";
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import type { Bearer, Caller } from "./caller";
import { orderView } from "./order-view";
import { placeOrder, Refused } from "./place-order";
import type { AskedLine, TaxRates } from "./price";

const linesPerOrderMax = 100;

const OrderRequest = z.strictObject({
  items: z
    .array(
      z.strictObject({
        product_id: z.int().positive().max(2_147_483_647),
        quantity: z.int().positive().max(1_000_000),
      }),
    )
    .min(1)
    .max(linesPerOrderMax),
  notes: z.string().max(1000).optional(),
});

export interface AppParts {
  readonly pool: Pool;
  readonly log: Logger;
  readonly bearerOf: (token: string) => Bearer;
  readonly taxRates: TaxRates;
}

export function createApp({ pool, log, bearerOf, taxRates }: AppParts): Express {
  const app = express();
  // Neither is wanted by an API; switching them off saves time.
  app.disable("x-powered-by");
  app.disable("etag");
  app.get("/health", (_request, response) => {
    response.json({ ready: true });
  });
  app.use(logged(log));
  app.use(express.json({ limit: "64kb" }));
  app.post("/orders", async (request: Request, response: Response) => {
    const caller = callerFrom(request, response, bearerOf);
    if (!caller) return problem(response, 401, "unauthorized", "Send a valid bearer token.");
    if (caller.role !== "CUSTOMER")
      return problem(response, 403, "forbidden", "Only customers place orders here.");
    const body = OrderRequest.safeParse(request.body);
    if (!body.success) return problem(response, 400, "invalid_request", z.prettifyError(body.error));
    const { items, notes = null } = body.data;
    const order = await placeOrder(pool, { caller, lines: addedUp(items), notes }, taxRates);
    response.status(201).location(`/orders/${order.id}`).json(orderView(order));
  });
  app.use((error: Error & { status?: number }, request: Request, response: Response, _next: NextFunction) => {
    if (error instanceof Refused) {
      const status = error.code === "unknown_customer" || error.code === "customer_blocked" ? 403 : 400;
      return problem(response, status, error.code, error.message, error.details);
    }
    if (error.status && error.status < 500)
      return problem(response, error.status, "invalid_request", error.message);
    log.error({ err: error, path: request.path, requestId: requestIdOf(response) }, "request failed");
    problem(response, 500, "internal_error", "Something went wrong.");
  });
  return app;
}

function callerFrom(
  request: Request,
  response: Response,
  bearerOf: AppParts["bearerOf"],
): Caller | undefined {
  const header = request.headers.authorization;
  if (!header?.startsWith("Bearer ")) return undefined;
  try {
    const bearer = bearerOf(header.slice("Bearer ".length));
    return { ...bearer, ip: request.ip ?? null, requestId: requestIdOf(response) };
  } catch {
    return undefined;
  }
}

/** One line per product, in product order: the order in which stock is locked. */
function addedUp(items: z.infer<typeof OrderRequest>["items"]): AskedLine[] {
  const quantities = new Map<number, number>();
  for (const item of items)
    quantities.set(item.product_id, (quantities.get(item.product_id) ?? 0) + item.quantity);
  return [...quantities]
    .map(([productId, quantity]) => ({ productId, quantity }))
    .sort((a, b) => a.productId - b.productId);
}

function problem(response: Response, status: number, code: string, detail: string, more: object = {}): void {
  response
    .status(status)
    .type("application/problem+json")
    .json({ status, code, detail, request_id: requestIdOf(response), ...more });
}

const requestIdPattern = /^[A-Za-z0-9._:-]{1,128}$/;

/** Gives each request its id, the caller's own where it sent one, and logs its answer. */
function logged(log: Logger) {
  return (request: Request, response: Response, next: NextFunction) => {
    const startedAt = performance.now();
    const sent = request.headers["x-request-id"];
    const requestId = typeof sent === "string" && requestIdPattern.test(sent) ? sent : uuidv7();
    response.setHeader("X-Request-Id", requestId);
    response.once("finish", () => {
      const tookMs = Math.round((performance.now() - startedAt) * 100) / 100;
      const { method, path } = request;
      log.info({ requestId, method, path, status: response.statusCode, tookMs }, "request");
    });
    next();
  };
}

function requestIdOf(response: Response): string {
  return response.getHeader("X-Request-Id") as string;
}
