import { poll } from "@quartermaster/servers";
import { defaultAdmin } from "@quartermaster/stack";
import type { Answer, Asking, HttpClient } from "./http-client";

export interface Buyer {
  readonly token: string;
  readonly customerId: string;
  readonly email: string;
}

/** The platform as its administrators and buyers use it while nothing is broken yet. */
export interface People {
  readonly adminToken: string;
  /** As the administrator; throws unless the answer is one of success. */
  asAdmin(method: string, path: string, asking?: Asking): Promise<Answer>;
  /** Prices in major units. Returns the product's id. */
  newProduct(product: { stock: number; price?: number }): Promise<number>;
  newBuyers(count: number): Promise<Buyer[]>;
}

/** Of every buyer here. */
export const buyersPassword = "a buyer's long password";
let made = 0;

export async function openPeople(http: HttpClient): Promise<People> {
  const adminToken = await logIn(http, defaultAdmin);
  const asAdmin = async (method: string, path: string, asking: Asking = {}) =>
    succeeded(`${method} ${path}`, await http.ask(method, path, { ...asking, token: adminToken }));
  return {
    adminToken,
    asAdmin,
    newProduct: async ({ stock, price = 10 }) => {
      const sku = `CHAOS-${++made}`;
      const body = { sku, name: `Chaos product ${made}`, price, stock_quantity: stock };
      return (await asAdmin("POST", "/products", { body })).body.id as number;
    },
    newBuyers: (count) => Promise.all(Array.from({ length: count }, () => newBuyer(http))),
  };
}

async function newBuyer(http: HttpClient): Promise<Buyer> {
  const email = `chaos-${++made}@chaos.example`;
  succeeded(
    "registration",
    await http.ask("POST", "/auth/register", { body: { email, password: buyersPassword, role: "CUSTOMER" } }),
  );
  const token = await logIn(http, { email, password: buyersPassword });
  const me = succeeded("GET /me", await http.ask("GET", "/me", { token }));
  return { token, customerId: me.body.customer_id, email };
}

async function logIn(http: HttpClient, body: { email: string; password: string }): Promise<string> {
  // Ready is not yet settled: the first requests after a start may meet a service that is still busy with it.
  const answer = await poll(
    async () => {
      const one = await http.ask("POST", "/auth/login", { body });
      return one.status === 200 && one;
    },
    10_000,
    200,
  );
  if (!answer) throw new Error(`${body.email} could not log in`);
  return answer.body.access_token;
}

function succeeded(what: string, answer: Answer): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw new Error(`${what} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
}
