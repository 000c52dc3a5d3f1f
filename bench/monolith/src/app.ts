import express, { type Express, type NextFunction, type Request, type Response } from "express";
import type { Pool } from "pg";
import type { Logger } from "pino";
import { z } from "zod";
import { type Line, type PlacedOrder, placeOrder, Refused } from "./place-order";
import type { Caller } from "./tokens";

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
  readonly callerOf: (token: string) => Caller;
  /** Hundredths of a percent: 900 is 9 %. */
  readonly taxRateBp: number;
}

export function createApp({ pool, log, callerOf, taxRateBp }: AppParts): Express {
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
    const caller = callerFrom(request, callerOf);
    if (!caller) return problem(response, 401, "unauthorized", "Send a valid bearer token.");
    if (caller.role !== "CUSTOMER")
      return problem(response, 403, "forbidden", "Only customers place orders here.");
    const body = OrderRequest.safeParse(request.body);
    if (!body.success) return problem(response, 400, "invalid_request", z.prettifyError(body.error));
    const order = await placeOrder(pool, caller.customerId, addedUp(body.data.items), taxRateBp);
    response.status(201).json(orderView(order));
  });
  app.use((error: Error & { status?: number }, request: Request, response: Response, _next: NextFunction) => {
    if (error instanceof Refused) {
      const status = error.code === "insufficient_stock" ? 400 : 403;
      return problem(response, status, error.code, error.message, { product_id: error.productId });
    }
    if (error.status && error.status < 500)
      return problem(response, error.status, "invalid_request", error.message);
    log.error({ err: error, path: request.path }, "request failed");
    problem(response, 500, "internal_error", "Something went wrong.");
  });
  return app;
}

function callerFrom(request: Request, callerOf: AppParts["callerOf"]): Caller | undefined {
  const header = request.headers.authorization;
  if (!header?.startsWith("Bearer ")) return undefined;
  try {
    return callerOf(header.slice("Bearer ".length));
  } catch {
    return undefined;
  }
}

/** One line per product, in product order: the order in which stock is locked. */
function addedUp(items: z.infer<typeof OrderRequest>["items"]): Line[] {
  const quantities = new Map<number, number>();
  for (const item of items)
    quantities.set(item.product_id, (quantities.get(item.product_id) ?? 0) + item.quantity);
  return [...quantities]
    .map(([productId, quantity]) => ({ productId, quantity }))
    .sort((a, b) => a.productId - b.productId);
}

function orderView(order: PlacedOrder) {
  return {
    id: order.id,
    status: "PENDING",
    total_amount: order.subtotalMinor / 100,
    shipping_amount: 0,
    tax_amount: order.taxMinor / 100,
    grand_total: (order.subtotalMinor + order.taxMinor) / 100,
    invoice_number: order.invoiceNumber,
    items: order.lines.map((line) => ({
      product_id: line.productId,
      product_name: line.name,
      quantity: line.quantity,
      unit_price_at_purchase: line.unitPriceMinor / 100,
    })),
  };
}

function problem(response: Response, status: number, code: string, detail: string, more: object = {}): void {
  response
    .status(status)
    .type("application/problem+json")
    .json({ status, code, detail, ...more });
}

function logged(log: Logger) {
  return (request: Request, response: Response, next: NextFunction) => {
    const startedAt = performance.now();
    response.once("finish", () => {
      const tookMs = Math.round((performance.now() - startedAt) * 100) / 100;
      log.info(
        { method: request.method, path: request.path, status: response.statusCode, tookMs },
        "request",
      );
    });
    next();
  };
}
