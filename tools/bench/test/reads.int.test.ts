import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@quartermaster/servers";
import type { Stack } from "@quartermaster/stack";
import { startBenchStack } from "../src/ground";
import { placeOrders } from "../src/load";
import { fillQuartermaster, type Platform } from "../src/quartermaster";
import { startBareReads } from "../src/reads";
import { readSettings } from "../src/settings";
import { logStatements, statementsIn } from "./support/statement-log";

const folder = mkdtempSync(join(tmpdir(), "quartermaster-bench-reads-"));
const started: (() => Promise<void>)[] = [];
let stack: Stack;
let platform: Platform;
let bareUrl: string;
let orderId: string;
const logFile = join(folder, "stack/logs/postgres.log");

beforeAll(async () => {
  stack = await startBenchStack(join(folder, "stack"), { say: () => {}, started });
  const settings = { ...readSettings({ CONNECTIONS: "1" }), products: 3 };
  platform = await fillQuartermaster({ settings, stack, say: () => {} });
  const { url, tokens, productIds } = platform;
  await placeOrders({ urls: [url], tokens, productIds, connections: 1, shape: "spread", seconds: 1 });
  const bare = await startBareReads(stack, {
    port: await freePort(),
    logFile: join(folder, "reads.log"),
    poolSize: 1,
  });
  started.push(() => bare.stop());
  bareUrl = bare.url;
  const { data } = (await get(url, "/orders")) as { data: { id: string }[] };
  orderId = data[0]?.id ?? "";
  await logStatements(stack.adminDatabaseUrl);
}, 120_000);

afterAll(async () => {
  for (const stop of started.reverse()) await stop();
  rmSync(folder, { recursive: true, force: true });
});

async function get(url: string, path: string): Promise<unknown> {
  const response = await fetch(url + path, {
    headers: { authorization: `Bearer ${platform.tokens[0]}` },
  });
  expect(response.status).toBe(200);
  return response.json();
}

/** What a request makes a server read of products and orders; services look for other work all the while. */
async function readsOf(url: string, path: string, application: RegExp) {
  const from = statSync(logFile).size;
  await get(url, path);
  const mine = statementsIn(logFile, from).filter((each) => application.test(each.application));
  const texts = mine
    .map(({ text }) => text)
    .filter((text) => /from (products|orders|order_lines)\b/.test(text));
  return [...new Set(texts)];
}

test.each([
  ["/products?in_stock=true", /^inventory\//],
  ["/orders", /^orders\//],
  ["/orders/:id", /^orders\//],
])("the bare endpoint runs the SQL that the service runs for GET %s", async (route, service) => {
  const path = route.replace(":id", orderId);
  const services = await readsOf(platform.url, path, service);
  expect(services).not.toEqual([]);
  expect(await readsOf(bareUrl, path, /^bench-reads$/)).toEqual(services);
});
