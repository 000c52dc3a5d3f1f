import { randomBytes } from "node:crypto";
import { defaultAdmin } from "@quartermaster/stack";
import { Pool } from "pg";
import { type Ask, openApi } from "./api";
import type { SharedStack } from "./shared-stack";

export interface Buyer {
  id: string;
  email: string;
  password: string;
  token: string;
  customerId: string;
}

/** A whole stack as a test sees it: the API, an administrator, and SQL behind everybody's back. */
export interface Journey {
  url: string;
  ask: Ask;
  admin: string;
  sql<Row = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
  newBuyer(): Promise<Buyer>;
  newStaff(role: string): Promise<string>;
  /** Returns its id. */
  newProduct(product?: Record<string, unknown>): Promise<number>;
  stockOf(productId: number): Promise<{ on_hand: number; reserved: number; available: number }>;
  close(): Promise<void>;
}

/** On the stack that all journeys share, or on the one that is given. */
export async function openJourney(
  stack: SharedStack = JSON.parse(process.env.E2E_STACK ?? "null"),
): Promise<Journey> {
  const ask = openApi(stack.gatewayUrl);
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 2 });
  pool.on("error", () => undefined);
  const admin = await logIn(ask, defaultAdmin);
  const newProduct = async (product: Record<string, unknown> = {}) => {
    const fields = { name: "Widget", sku: unique("SKU"), price: 150, stock_quantity: 100, ...product };
    const { status, body } = await ask("POST", "/products", { as: admin, body: fields });
    expect({ status, body }).toMatchObject({ status: 201 });
    return body.id as number;
  };
  return {
    url: stack.gatewayUrl,
    ask,
    admin,
    sql: async <Row>(text: string, values: unknown[] = []) => (await pool.query(text, values)).rows as Row[],
    newBuyer: () => newBuyer(ask),
    newStaff: async (role) => {
      const login = { email: `${unique(role.toLowerCase())}@acme.test`, password: "a staff password" };
      await ask("POST", "/auth/register", { as: admin, body: { ...login, role } });
      return logIn(ask, login);
    },
    newProduct,
    stockOf: async (productId) => {
      const { body } = await ask("GET", `/stock?product_id=${productId}`, { as: admin });
      const { on_hand, reserved, available } = body.data[0] ?? { on_hand: 0, reserved: 0, available: 0 };
      return { on_hand, reserved, available };
    },
    close: () => pool.end(),
  };
}

async function newBuyer(ask: Ask): Promise<Buyer> {
  const login = { email: `${unique("buyer")}@shop.test`, password: "a buyer's password" };
  const { status, body } = await ask("POST", "/auth/register", { body: { ...login, role: "CUSTOMER" } });
  expect({ status, body }).toMatchObject({ status: 201 });
  const token = await logIn(ask, login);
  const me = await ask("GET", "/me", { as: token });
  return { ...login, id: body.id, token, customerId: me.body.customer_id };
}

async function logIn(ask: Ask, login: { email: string; password: string }): Promise<string> {
  const { status, body } = await ask("POST", "/auth/login", { body: login });
  expect({ status, body }).toMatchObject({ status: 200 });
  return body.access_token;
}

export function unique(prefix: string): string {
  return `${prefix}-${randomBytes(5).toString("hex")}`;
}
