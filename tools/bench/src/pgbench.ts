import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Statement, statements } from "@quartermaster/bench-monolith";
import { runCommand } from "@quartermaster/servers";
import { brokenInMonolith, countOrders } from "./invariants";
import type { LoadResult } from "./load";
import { customerIdPrefix, fillMonolith } from "./monolith";
import type { BenchSettings, Shape } from "./settings";
import type { Target } from "./target";

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
  for (const shape of ["spread", "hot"] as const) {
    writeFileSync(join(folder, `${shape}.sql`), scriptOf(shape, settings));
  }
  return {
    name: "pgbench",
    processes: () => [],
    load: (shape, seconds) =>
      runPgbench({ databaseUrl, folder, shape, seconds, clients: settings.pgbenchClients }),
    settle: async () => 0,
    countOrders: () => countOrders(adminUrl, "monolith.orders"),
    brokenInvariants: () => brokenInMonolith(adminUrl),
    stop: async () => {},
  };
}

/** The monolith's statements with pgbench's variables in place of $1, $2 ...; the last four in one round trip, as there. */
export function scriptOf(shape: Shape, settings: BenchSettings): string {
  const { activeCustomer, reserve, insertOrder, insertLines, issueInvoice } = statements;
  const customerId = `('${customerIdPrefix}' || lpad(:customer::text, 12, '0'))::uuid`;
  const lines = shape === "hot" ? [1] : [1, 2];
  const array = (variable: (line: number) => string) => `array[${lines.map(variable).join(", ")}]`;
  const order = { orderId: ":order_id", customerId, subtotalMinor: ":subtotal", taxMinor: ":tax" };
  return [
    `\\set customer random(1, ${settings.connections})`,
    ...(shape === "hot" ? hotLine : spreadLines(settings.products)),
    "begin;",
    `${filled(activeCustomer, { customerId }).replace("select name", "select uuidv7() as order_id, name")} \\gset`,
    ...lines.map(
      (line) => `${filled(reserve, { productId: `:p${line}`, quantity: `:q${line}` })} \\gset l${line}_`,
    ),
    `\\set subtotal ${lines.map((line) => `:q${line} * :l${line}_price_minor`).join(" + ")}`,
    "\\set tax (:subtotal * 900 + 5000) / 10000",
    "\\startpipeline",
    `${filled(insertOrder, order)};`,
    `${filled(insertLines, {
      orderId: ":order_id",
      productIds: array((line) => `:p${line}`),
      productNames: array((line) => `:l${line}_name`),
      quantities: array((line) => `:q${line}`),
      unitPricesMinor: array((line) => `:l${line}_price_minor`),
    })};`,
    `${filled(issueInvoice, {
      ...order,
      customerName: ":name",
      taxRateBp: "900",
      actorId: customerId,
      newValues: `'${auditText(lines.length)}'`,
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

/** As long as the text that the monolith writes; the spaces keep pgbench from seeing variables in it. */
function auditText(lines: number): string {
  const line = { productId: 1000, quantity: 2, name: "Bench product 1000", unitPriceMinor: 7500 };
  const id = "01900000-0000-7000-8000-000000000000";
  const order = { id, customerId: id, customerName: "Customer 64", lines: Array(lines).fill(line) };
  return JSON.stringify({ ...order, subtotalMinor: 30000, taxRateBp: 900, taxMinor: 2700 }).replaceAll(
    ":",
    ": ",
  );
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
    p50Ms: latencies[Math.floor(latencies.length * 0.5)] ?? 0,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
  };
}

const isLog = (name: string) => name.startsWith("latency.");

/** Milliseconds, ascending. A log line is: client, number, microseconds, ... */
function readLatencies(folder: string): Float64Array {
  const lines = readdirSync(folder)
    .filter(isLog)
    .flatMap((name) => readFileSync(join(folder, name), "utf8").trimEnd().split("\n"));
  removeLogs(folder);
  return Float64Array.from(
    lines.filter((line) => line !== ""),
    (line) => Number(line.split(" ")[2]) / 1000,
  ).sort();
}

function removeLogs(folder: string): void {
  for (const name of readdirSync(folder).filter(isLog)) rmSync(join(folder, name));
}
