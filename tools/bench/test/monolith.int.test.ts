import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPool, placeOrder, Refused, type Wish } from "@quartermaster/bench-monolith";
import { type PostgresServer, startPostgres } from "@quartermaster/servers";
import { inDatabase, makeDatabase } from "../src/ground";
import { withClient } from "../src/invariants";
import { monolithRowChecks } from "../src/invariants-monolith";
import { customerIdPrefix, fillMonolith } from "../src/monolith";
import { readSettings } from "../src/settings";

const folder = mkdtempSync(join(tmpdir(), "quartermaster-bench-test-"));
const settings = { ...readSettings({}), products: 5, connections: 4 };
const rates = { STANDARD: 900, ZERO: 0, EXEMPT: 0 };
let postgres: PostgresServer;

/** A database of its own with three orders in it, two of them for one customer. */
async function filled(name: string, { pipeline }: { pipeline: boolean }) {
  const admin = postgres.url("postgres");
  await makeDatabase(admin, name);
  const url = inDatabase(admin, name);
  const databaseUrl = await fillMonolith(url, settings);
  const pool = openPool({ databaseUrl, poolSize: 2, pipeline });
  const place = (customer: number, ...lines: Wish["lines"][number][]) =>
    placeOrder(pool, wishOf(customer, lines), rates);
  const orders = [
    await place(1, { productId: 1, quantity: 2 }, { productId: 2, quantity: 1 }),
    await place(1, { productId: 2, quantity: 3 }),
    await place(2, { productId: 5, quantity: 1 }),
  ];
  return { url, pool, place, orders };
}

function wishOf(customer: number, lines: Wish["lines"]): Wish {
  const customerId = customerIdPrefix + `${customer}`.padStart(12, "0");
  const caller = { userId: "u", name: "n", role: "CUSTOMER", customerId, ip: "127.0.0.1", requestId: "r" };
  return { caller, lines, notes: null };
}

const sql = (url: string, text: string) => withClient(url, async (client) => (await client.query(text)).rows);

beforeAll(async () => {
  postgres = await startPostgres({ folder: join(folder, "postgres"), password: "postgres", durable: false });
}, 60_000);
afterAll(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.each([
  ["each statement awaited", "awaited", false],
  ["pipelined", "pipelined", true],
])("%s", (_, database, pipeline) => {
  test("orders keep every invariant, and what is refused leaves no trace", async () => {
    const { url, pool, place, orders } = await filled(database, { pipeline });
    expect(orders.map((order) => order.invoiceNumber)).toEqual(["INV-000001", "INV-000002", "INV-000003"]);
    await sql(url, "update monolith.customers set payment_terms = 'CREDIT' where name = 'Customer 3'");
    const refused = [
      place(1, { productId: 1, quantity: 1 }, { productId: 3, quantity: 1_000_000_001 }),
      place(2, { productId: 99, quantity: 1 }),
      place(3, { productId: 1, quantity: 1 }),
      place(99, { productId: 1, quantity: 1 }),
    ].map((order) => order.catch((error) => error));
    expect((await Promise.all(refused)).map((error) => error instanceof Refused && error.code)).toEqual([
      "insufficient_stock",
      "unknown_product",
      "credit_limit_exceeded",
      "unknown_customer",
    ]);
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => place(1 + (n % 2), { productId: 4, quantity: 1 })),
    );
    await pool.end();
    const rows = monolithRowChecks(url);
    expect(await rows.ofNewRows()).toEqual([]);
    expect(await rows.ofNewRows()).toEqual([]);
    expect(await rows.ofAllRows()).toEqual([]);
    const counted =
      "select (select count(*)::int from monolith.invoices) as i, (select count(*)::int from monolith.records) as r";
    expect(await sql(url, counted)).toEqual([{ i: 23, r: 69 }]);
  });
});

const second = "(select id from monolith.orders where invoice_number = 'INV-000002')";

test.each([
  [
    "stock that nobody ordered",
    "update monolith.products set reserved = reserved + 1 where id = 3",
    ["a product's reserved"],
  ],
  [
    "a line of no order",
    "insert into monolith.order_lines select gen_random_uuid(), 1, product_id, sku, product_name, 1, 0, 1, 1, tax_code from monolith.order_lines limit 1",
    ["an order's line has no order"],
  ],
  [
    "a line with another quantity",
    `update monolith.order_lines set quantity = 4 where order_id = ${second}`,
    ["a product's reserved", "an order's total"],
  ],
  [
    "a lost invoice",
    "delete from monolith.invoices where number = 2",
    [
      "a product's reserved",
      "there are not as many",
      "invoice numbers do not",
      "an account is not",
      "an order has not its three",
    ],
  ],
  [
    "an order with other sums",
    `update monolith.orders set tax_amount_minor = tax_amount_minor + 1, grand_total_minor = grand_total_minor + 1 where id = ${second}`,
    ["an invoice has no order"],
  ],
  [
    "an edited snapshot",
    "update monolith.invoices set snapshot = replace(snapshot, 'Customer', 'Costumer') where number = 3",
    ["an invoice's snapshot"],
  ],
  [
    "an account that owes less",
    "update monolith.customer_accounts set open_minor = open_minor - 1",
    ["an account is not"],
  ],
  ["an account that is gone", "delete from monolith.customer_accounts", ["an account is not"]],
  [
    "an edited audit record",
    "update monolith.records set user_name = 'x' where position = 5",
    ["the audit's hash chain"],
  ],
  [
    "a lost last audit record",
    "delete from monolith.records where position = 9",
    ["audit positions", "an order has not its three"],
  ],
  [
    "an audit record of another order",
    "update monolith.records set record_id = 'x' where position = 4",
    ["an order has not its three", "the audit's hash chain"],
  ],
])("%s is found", async (fault, statement, sentences) => {
  const database = `fault ${fault}`.replaceAll(/\W/g, "_");
  const { url, pool, place } = await filled(database, { pipeline: false });
  const rows = monolithRowChecks(url);
  // Nothing that is planted lies before what is checked first.
  await withClient(url, async (client) => {
    await client.query("set session_replication_role = replica");
    await client.query(statement);
  });
  const broken = await rows.ofNewRows();
  expect(broken.map((sentence) => sentences.find((start) => sentence.startsWith(start)) ?? sentence)).toEqual(
    sentences,
  );
  await place(3, { productId: 1, quantity: 1 });
  await pool.end();
  expect(await rows.ofAllRows()).not.toEqual([]);
});
