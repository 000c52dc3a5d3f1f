import express, { type Express, type Request, type RequestHandler, type Response } from "express";
import type { Pool } from "pg";
import { findLines, findOrder, listOrders, listProducts, type OrderRow, type ProductRow } from "./statements";
import { orderView, productView } from "./views";

export interface AppParts {
  readonly inventory: Pool;
  readonly orders: Pool;
  /** The customer that a token was made for; throws when it is no good. */
  readonly customerOf: (token: string) => string;
}

const pageSize = 50;

/** Three endpoints that answer with the very bodies that Quartermaster answers with. README.md says what they leave out. */
export function createApp({ inventory, orders, customerOf }: AppParts): Express {
  const app = express();
  // Neither is wanted by an API; switching them off saves time.
  app.disable("x-powered-by");
  app.disable("etag");
  app.get("/health", (_request, response) => {
    response.json({ ready: true });
  });
  const forCustomers = withCustomer(customerOf);
  app.get("/products", forCustomers, async (_request, response) => {
    const { rows } = await inventory.query<ProductRow>({ ...listProducts, values: [pageSize + 1] });
    response.json(pageOf(rows, productView));
  });
  app.get("/orders", forCustomers, async (_request, response) => {
    const values = ["REJECTED", customerIn(response), pageSize + 1];
    const { rows } = await orders.query<OrderRow>({ ...listOrders, values });
    const lines = await linesOf(orders, rows);
    response.json(pageOf(rows, (row) => orderView(row, lines.get(row.id) ?? [])));
  });
  app.get("/orders/:id", forCustomers, async (request: Request<{ id: string }>, response) => {
    const { rows } = await orders.query<OrderRow>({ ...findOrder, values: [[request.params.id]] });
    const [row] = rows;
    if (!row) return void response.status(404).json({ status: 404, code: "not_found" });
    if (row.customer_id !== customerIn(response))
      return void response.status(403).json({ status: 403, code: "forbidden" });
    const lines = await linesOf(orders, [row]);
    response.json(orderView(row, lines.get(row.id) ?? []));
  });
  return app;
}

function withCustomer(customerOf: AppParts["customerOf"]): RequestHandler {
  return (request, response, next) => {
    const header = request.headers.authorization;
    try {
      response.locals.customerId = customerOf(header?.startsWith("Bearer ") ? header.slice(7) : "");
    } catch {
      response.status(401).json({ status: 401, code: "invalid_token" });
      return;
    }
    next();
  };
}

function customerIn(response: Response): string {
  return response.locals.customerId;
}

type LineRow = Parameters<typeof orderView>[1][number];

async function linesOf(orders: Pool, rows: readonly OrderRow[]): Promise<Map<string, LineRow[]>> {
  const lines = new Map<string, LineRow[]>(rows.map((row) => [row.id, []]));
  const found = await orders.query<LineRow>({ ...findLines, values: [rows.map((row) => row.id)] });
  for (const line of found.rows) lines.get(line.order_id)?.push(line);
  return lines;
}

/** One row more than the page was read, to know whether there is another page. */
function pageOf<Row extends { id: unknown }>(rows: readonly Row[], view: (row: Row) => object) {
  const shown = rows.slice(0, pageSize);
  const last = rows.length > pageSize ? shown.at(-1) : undefined;
  return {
    data: shown.map(view),
    next: last === undefined ? null : Buffer.from(JSON.stringify([last.id])).toString("base64url"),
  };
}
