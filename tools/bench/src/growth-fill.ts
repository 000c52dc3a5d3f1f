import { serviceNames } from "@quartermaster/servers";
import type { Stack } from "@quartermaster/stack";
import type { Client } from "pg";
import { brokenChain } from "./growth-audit";
import { type Copying, copyRows, type Range } from "./growth-clone";
import { copyOrders, type OrderHistory, ordersToCopy } from "./growth-orders";
import { copyProducts, type ProductHistory, productsToCopy } from "./growth-products";
import { withClient } from "./invariants";
import { fillQuartermaster, type Platform, platformOf } from "./quartermaster";
import type { BenchSettings } from "./settings";

export interface FillOptions {
  readonly settings: BenchSettings;
  readonly stack: Stack;
  readonly tell: (sentence: string) => void;
  readonly wanted: { readonly products: number; readonly orders: number };
}

/** Those whose rows are copied; they are stopped meanwhile, since they keep counters and heads in memory. */
const copiedServices = ["inventory", "orders", "billing", "audit"] as const;

const secondsOfOriginals = 4;

/**
 * Fills a stack with a history: some products and orders through the REST API, then copies of all their rows in bulk,
 * with ids, numbers, hashes and sums of their own, so that every invariant holds and every counter stands where it would
 * stand. Left out are inbox rows of product creation, and copies in the NATS stream, which forgets after some days anyway.
 */
export async function fillWithHistory({ settings, stack, tell, wanted }: FillOptions): Promise<Platform> {
  const small = await fillQuartermaster({ settings, stack, say: tell });
  await small.settle();
  const work = <T>(steps: (client: Client) => Promise<T>) =>
    withClient(stack.adminDatabaseUrl, async (client) => {
      // Nothing of this has to survive a crash, and vacuum would run again and again.
      await client.query("set synchronous_commit = off");
      await client.query("set work_mem = '256MB'");
      return steps(client);
    });
  await work((client) => client.query("alter system set autovacuum = off"));
  await work((client) => client.query("select pg_reload_conf()"));
  const products = await whileStopped(stack, () =>
    work(async (client) => {
      const history = await productsToCopy(client, wanted.products);
      await inParts(history, `products`, tell, (range) => copyProducts(client, history, range));
      await history.finish();
      return history;
    }),
  );
  const productIds = Array.from({ length: products.total }, (_, index) => index + 1);
  const platform = platformOf({ settings, stack, tokens: small.tokens, productIds });
  tell("placing the orders that will be copied");
  await platform.load("spread", secondsOfOriginals);
  await platform.settle();
  const orders = await whileStopped(stack, () =>
    work(async (client) => {
      const history = await ordersToCopy(client, wanted.orders);
      await inParts(history, "orders", tell, (range) => copyOrders(client, history, range));
      await history.finish();
      return history;
    }),
  );
  // Each relay passes what it has to publish next; the outbox below that is history, and was published long ago.
  await platform.load("spread", 1);
  await platform.settle();
  await work(async (client) => {
    await copyOutbox(client, products, "products", tell);
    await copyOutbox(client, orders, "orders", tell);
  });
  await tidy(stack, tell);
  const ownVerdict = wanted.orders <= verifiedOrdersMax ? platform.brokenAtTheEnd : undefined;
  return {
    ...platform,
    brokenAtTheEnd: async () => [
      ...(await withClient(stack.adminDatabaseUrl, brokenChain)),
      ...((await ownVerdict?.()) ?? []),
    ],
  };
}

/** The audit recomputes some 50,000 records a second, and a request waits for a minute: a longer chain is checked by SQL alone. */
const verifiedOrdersMax = 100_000;

type History = ProductHistory | OrderHistory;

async function copyOutbox(client: Client, history: History, what: string, tell: FillOptions["tell"]) {
  // Temporary tables end with their session.
  await history.prepare(client);
  await inParts(history, `${what}, outbox`, tell, async (range) => {
    for (const copied of history.outboxes) await copyRows(client, history.copying, copied, range);
  });
}

async function whileStopped<T>(stack: Stack, work: () => Promise<T>): Promise<T> {
  await Promise.all(copiedServices.map((name) => stack.stopService(name)));
  const result = await work();
  await Promise.all(copiedServices.map((name) => stack.startService(name)));
  return result;
}

const copiesAtOnce = 10_000;

async function inParts(
  { originals, copying }: { originals: number; copying: Copying },
  what: string,
  tell: FillOptions["tell"],
  copy: (range: Range) => Promise<void>,
): Promise<void> {
  const step = Math.max(1, Math.floor(copiesAtOnce / copying.copiesOfEach));
  const parts = Math.ceil(originals / step);
  for (let part = 0; part < parts; part += 1) {
    await copy({ from: part * step, to: Math.min(originals, (part + 1) * step) });
    if ((part + 1) % Math.ceil(parts / 5) === 0)
      tell(`copied ${what}: ${Math.round(((part + 1) / parts) * 100)} %`);
  }
}

/** As a system that grew over months would be found: vacuumed and analysed. */
async function tidy(stack: Stack, tell: FillOptions["tell"]): Promise<void> {
  tell("vacuuming");
  await withClient(stack.adminDatabaseUrl, async (client) => {
    await client.query("set maintenance_work_mem = '512MB'");
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, relname) as name from pg_stat_user_tables
       where schemaname = any($1::text[]) and n_live_tup + n_dead_tup + n_ins_since_vacuum > 0`,
      [serviceNames],
    );
    for (const { name } of rows) await client.query(`vacuum (analyze, freeze) ${name}`);
    await client.query("alter system reset autovacuum");
    await client.query("select pg_reload_conf()");
    await client.query("checkpoint");
  });
}
