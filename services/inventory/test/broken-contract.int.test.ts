import { GetProduct } from "@quartermaster/contracts";
import { type QueryHandler, type RunningService, reply, startService } from "@quartermaster/messaging";
import { pactsWith, verify } from "@quartermaster/pacts";
import { readConfig } from "@quartermaster/process";
import { openWorld, silentLog, type World } from "@quartermaster/testkit";
import { InventoryConfig } from "../src/config";
import { messages } from "../src/messages";
import { providerOf } from "./provider-states";
import { inventoryOver } from "./running-inventory";

let world: World;
let changed: RunningService;

const { run } = messages.find(({ contract }) => contract === GetProduct) as QueryHandler;

/** Inventory as somebody changed it: one field of one answer is gone. */
const withoutSku = reply(GetProduct, async (db, ask, meta) => {
  const { sku: _, ...rest } = (await run(db, ask, meta)) as { sku?: string };
  return rest as never;
});

beforeAll(async () => {
  world = await openWorld("inventory");
  const config = readConfig(InventoryConfig, {
    DATABASE_URL: world.databaseUrl("inventory"),
    ...world.natsFor("inventory"),
  });
  const others = messages.filter(({ contract }) => contract !== GetProduct);
  changed = await startService({
    service: "inventory",
    config,
    log: silentLog,
    messages: [...others, withoutSku],
  });
});
afterAll(async () => {
  await changed?.stop();
  await world?.close();
});

test("a provider whose answer loses a field breaks the contract of who relies on it, and no other", async () => {
  const provider = await providerOf(inventoryOver(world, [changed]));
  const broken = new Map<string, string>();
  for (const pact of pactsWith("inventory")) {
    for (const [description, why] of await verify(provider, pact))
      if (why !== null) broken.set(`${pact.consumer} relies on ${description}`, why);
  }
  expect([...broken]).toEqual([
    [
      "gateway relies on qry.inventory.product.v1: One product.",
      expect.stringContaining("missing the following keys: sku"),
    ],
  ]);
}, 120_000);
