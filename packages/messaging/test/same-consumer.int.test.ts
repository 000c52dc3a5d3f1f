import { CreateLocation, ListLocations, PlaceOrder } from "@quartermaster/contracts";
import { golden, inMemory } from "@quartermaster/contracts/testing";
import { openWorld, type World } from "@quartermaster/testkit";
import {
  type Asker,
  accepted,
  done,
  Fault,
  handle,
  newId,
  type RunningService,
  refuse,
  reply,
} from "../src/index";
import { meta, startOn } from "./fixture";

const [opening] = golden(CreateLocation);
const location = opening.answer as NonNullable<typeof opening.answer>;
const [placing] = golden(PlaceOrder);

let world: World;
let served: RunningService[];
beforeAll(async () => {
  world = await openWorld("inventory", "orders");
  const inventory = await startOn(world, "inventory", [
    handle(CreateLocation, async (_tx, commands) =>
      commands.map(({ ask }) => {
        if (ask.code === "BROKEN") throw new Error("a bug");
        return ask.code === "TAKEN" ? refuse("code_taken", { code: "TAKEN" }) : done(location);
      }),
    ),
    reply(ListLocations, async (_db, ask) => ({ data: [location], next: String(ask.limit) })),
  ]);
  const orders = await startOn(world, "orders", [
    handle(PlaceOrder, async (_tx, all) => all.map(() => accepted())),
  ]);
  served = [inventory, orders];
});
afterAll(async () => {
  await Promise.all((served ?? []).map((service) => service.stop()));
  await world?.close();
});

/** A consumer that uses all that an asker can come to. It does not know what carries its messages. */
async function consume(asker: Asker): Promise<unknown[]> {
  const how = { meta, timeoutMs: 5_000 };
  const open = (code: string, id = newId()) =>
    asker.ask(CreateLocation, { ...opening.ask, code }, { ...how, id });
  const failed = (error: unknown) => ({ failed: (error as Error).name, kind: (error as Fault).kind });
  const repeated = newId();
  return [
    await open("NEW", repeated),
    await open("NEW", repeated),
    await open("TAKEN"),
    await open("BROKEN").catch(failed),
    await asker.ask(ListLocations, { limit: 50 }, how),
    await asker.ask(PlaceOrder, placing.ask, { ...how, waitMs: 0 }),
  ];
}

test("a consumer that was tested in memory finds the same on NATS", async () => {
  const platform = inMemory();
  platform.given(CreateLocation).answers(location).refuses("code_taken", { code: "TAKEN" }).fails("defect");
  platform.given(ListLocations).answers((ask) => ({ data: [location], next: String(ask.limit) }));
  platform.given(PlaceOrder).accepts();
  const inMemoryResults = await consume(platform);
  expect(inMemoryResults).toEqual(await consume((served[0] as RunningService).asker));
  expect(inMemoryResults).toMatchObject([
    { answer: location },
    { answer: location },
    { refusal: { code: "code_taken" } },
    { failed: "Defect" },
    { answer: { next: "50" } },
    { accepted: true },
  ]);
});

test("where nobody serves a message, both fail alike", async () => {
  const [, orders] = served;
  await orders?.stop();
  served.splice(1);
  for (const asker of [inMemory(), (served[0] as RunningService).asker]) {
    const asked = asker.ask(PlaceOrder, placing.ask, { meta, timeoutMs: 5_000 });
    await expect(asked).rejects.toThrow(Fault);
    await expect(asked).rejects.toMatchObject({ kind: "no-responders" });
  }
});
