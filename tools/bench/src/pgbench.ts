import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  auditJson,
  type DraftOrder,
  invoiceJson,
  type Statement,
  statements,
} from "@quartermaster/bench-monolith";
import { runCommand } from "@quartermaster/servers";
import { countOrders } from "./invariants";
import { monolithRowChecks } from "./invariants-monolith";
import type { LoadResult } from "./load";
import { customerIdPrefix, fillMonolith } from "./monolith";
import type { BenchSettings, Shape } from "./settings";
import { percentile } from "./statistics";
import type { Target } from "./target";

/** Its limit is of interest where the load is; over one connection it has no HTTP to be compared with. */
const pgbenchShapes: readonly Shape[] = ["spread", "hot"];

export interface PgbenchOptions {
  readonly settings: BenchSettings;
  /** As superuser, to a database of its own. */
  readonly adminUrl: string;
  /** For scripts and logs. */
  readonly folder: string;
}

/** How to get it, or undefined when it is there. */
export async function missingPgbench(): Promise<string | undefined> {
  const { code } = await runCommand("pgbench", ["--version"]);
  if (code === 0) return undefined;
  return "pgbench is not on the PATH: on Debian or Ubuntu it comes with `apt-get install postgresql-contrib`.";
}

/** The monolith's statements without the monolith: what its SQL could reach if HTTP and Node cost nothing. */
export async function startPgbench({ settings, adminUrl, folder }: PgbenchOptions): Promise<Target> {
  const databaseUrl = await fillMonolith(adminUrl, settings);
  mkdirSync(folder, { recursive: true });
  for (const shape of pgbenchShapes) {
    writeFileSync(join(folder, `${shape}.sql`), scriptOf(shape, settings));
  }
  return {
    name: "pgbench",
    takes: (shape) => pgbenchShapes.includes(shape),
    processes: () => [],
    load: (shape, seconds) =>
      runPgbench({ databaseUrl, folder, shape, seconds, clients: settings.pgbenchClients }),
    settle: async () => 0,
    countOrders: () => countOrders(adminUrl, "monolith.orders"),
    rows: monolithRowChecks(adminUrl),
    stop: async () => {},
  };
}

/** The monolith's statements with pgbench's variables in place of $1, $2 ..., in the round trips of its pipelined form. */
export function scriptOf(shape: Shape, settings: BenchSettings): string {
  const { readBasket, bookAccount, reserveStock, writeOrder } = statements;
  const customerId = `('${customerIdPrefix}' || lpad(:customer::text, 12, '0'))::uuid`;
  const lines = shape === "hot" ? [1] : [1, 2];
  const array = (variable: (line: number) => string) => `array[${lines.map(variable).join(", ")}]`;
  const productIds = array((line) => `:p${line}`);
  const quantities = array((line) => `:q${line}`);
  const basket = filled(readBasket, { customerId, productIds });
  // pgbench takes one row only.
  const columns = lines.flatMap((line) =>
    ["sku", "product_name", "price_minor"].map(
      (column) => `max(${column}) filter (where product_id = :p${line}) as l${line}_${column}`,
    ),
  );
  return [
    `\\set customer random(1, ${settings.connections})`,
    ...(shape === "hot" ? hotLine : spreadLines(settings.products)),
    "begin;",
    `select uuidv7() as order_id, uuidv7() as invoice_id, ${columns.join(", ")} from (${basket}) b \\gset`,
    `\\set subtotal ${lines.map((line) => `:q${line} * :l${line}_price_minor`).join(" + ")}`,
    "\\set tax (:subtotal * 900 + 5000) / 10000",
    "\\startpipeline",
    `${filled(bookAccount, { customerId, totalMinor: "(:subtotal::bigint + :tax::bigint)" })};`,
    `${filled(reserveStock, { productIds, quantities })};`,
    `${filled(writeOrder, {
      ...sampleOf(lines.length),
      customerId,
      productIds,
      quantities,
      orderId: ":order_id",
      invoiceId: ":invoice_id",
      subtotalMinor: ":subtotal",
      taxMinor: ":tax",
      skus: array((line) => `:l${line}_sku`),
      productNames: array((line) => `:l${line}_product_name`),
      unitPricesMinor: array((line) => `:l${line}_price_minor`),
      taxCodes: array(() => "'STANDARD'"),
    })};`,
    "commit;",
    "\\endpipeline",
    "",
  ].join("\n");
}

const hotLine = ["\\set p1 1", "\\set q1 1"];

/** Two different products, the lower id first: the order in which the monolith locks them. */
function spreadLines(products: number): string[] {
  return [
    `\\set a random(1, ${products})`,
    `\\set b 1 + mod(:a - 1 + random(1, ${products - 1}), ${products})`,
    "\\set p1 least(:a, :b)",
    "\\set p2 greatest(:a, :b)",
    "\\set q1 random(1, 3)",
    "\\set q2 random(1, 3)",
  ];
}

/** The statement on one line, as pgbench wants it before \gset. Fails when a parameter has no value. */
function filled(statement: Statement, values: Readonly<Record<string, string>>): string {
  const text = statement.text.replace(/\$(\d+)/g, (_, number) => {
    const value = values[statement.params[Number(number) - 1] ?? ""];
    if (value === undefined) throw new Error(`${statement.name} has no value for $${number}`);
    return value;
  });
  return text.replace(/\s+/g, " ");
}

/** Texts as long as those that the monolith writes; the spaces keep pgbench from seeing variables in them. */
function sampleOf(lineCount: number): Readonly<Record<string, string>> {
  const id = "01900000-0000-7000-8000-000000000000";
  const line = {
    productId: 1000,
    quantity: 2,
    sku: "BENCH-01000",
    description: "Bench product 1000",
    unitPriceMinor: 7500,
    lineTotalMinor: 15000,
    taxCode: "STANDARD",
  } as const;
  const taxes = [{ taxCode: "STANDARD", rateBps: 900, baseMinor: 30000, taxMinor: 2700 }] as const;
  const name = "customer-64@bench.example";
  const draft: DraftOrder = {
    id,
    invoiceId: id,
    caller: { userId: id, customerId: id, name, role: "CUSTOMER", ip: "127.0.0.1", requestId: id },
    customer: {
      id,
      name: "Customer 64",
      documentType: null,
      documentNumber: null,
      address: null,
      email: name,
      paymentTerms: "CASH",
      creditLimitMinor: 0,
    },
    lines: Array(lineCount).fill(line),
    sums: { subtotalMinor: 30000, taxMinor: 2700, totalMinor: 32700, taxes },
    notes: null,
  };
  const audit = auditJson(draft);
  const texts = {
    currency: "USD",
    actorId: id,
    actorName: name,
    role: "CUSTOMER",
    ip: "127.0.0.1",
    requestId: id,
    invoiceJson: invoiceJson(draft),
    reservationJson: audit.reservation,
    issuedJson: audit.issued,
    placedJson: audit.placed,
  };
  const quoted = Object.entries(texts).map(([key, text]) => [key, `'${text.replaceAll(":", ": ")}'`]);
  return { ...Object.fromEntries(quoted), notes: "null" };
}

interface PgbenchRun {
  readonly databaseUrl: string;
  readonly folder: string;
  readonly shape: Shape;
  readonly seconds: number;
  readonly clients: number;
}

async function runPgbench({ databaseUrl, folder, shape, seconds, clients }: PgbenchRun): Promise<LoadResult> {
  const prefix = join(folder, "latency");
  removeLogs(folder);
  const args = ["-n", "-M", "prepared", "-c", `${clients}`, "-j", "2", "-T", `${seconds}`];
  args.push("-f", join(folder, `${shape}.sql`), "-l", `--log-prefix=${prefix}`, databaseUrl);
  const env = { ...process.env, PGOPTIONS: "-c search_path=monolith" };
  const { code, output } = await runCommand("pgbench", args, { env, withinMs: (seconds + 60) * 1000 });
  if (code !== 0) throw new Error(`pgbench failed: ${output.trim().slice(-600)}`);
  const latencies = readLatencies(folder);
  const failed = Number(/number of failed transactions: (\d+)/.exec(output)?.[1] ?? 0);
  return {
    orders: latencies.length,
    others: failed > 0 ? { failed } : {},
    errors: 0,
    // Without the time it takes to connect, which pgbench leaves out as well.
    seconds: latencies.length / Number(/tps = ([\d.]+)/.exec(output)?.[1]),
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
  };
}

const isLog = (name: string) => name.startsWith("latency.");

/** Milliseconds. A log line is: client, number, microseconds, ... */
function readLatencies(folder: string): Float64Array {
  const lines = readdirSync(folder)
    .filter(isLog)
    .flatMap((name) => readFileSync(join(folder, name), "utf8").trimEnd().split("\n"));
  removeLogs(folder);
  return Float64Array.from(
    lines.filter((line) => line !== ""),
    (line) => Number(line.split(" ")[2]) / 1000,
  );
}

function removeLogs(folder: string): void {
  for (const name of readdirSync(folder).filter(isLog)) rmSync(join(folder, name));
}
