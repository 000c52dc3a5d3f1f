import { ConsumeStock, ListStock, ReleaseStock, ReserveStock } from "@quartermaster/contracts";
import { newId } from "@quartermaster/messaging";
import { silentLog } from "@quartermaster/testkit";
import { type Inventory, openInventory, receive, unproven } from "./running-inventory";

let inventory: Inventory;
beforeAll(async () => {
  inventory = await openInventory(2);
});
afterAll(() => inventory.close());

// A batch that meets a dead-lock is tried again with a warning: none may ever. That two instances hold the same command
// at once is the one thing that happens (unique_violation of the inbox), and is meant to.
const warned = jest.spyOn(silentLog, "warn");
afterEach(async () => {
  expect(await unproven(inventory.world)).toEqual([]);
  const faults = warned.mock.calls.map(([about]) => (about as { err?: { code?: string } }).err);
  expect(faults.filter((fault) => fault?.code !== "23505")).toEqual([]);
  warned.mockClear();
});

const levelsOf = async (productId: number) => {
  const { data } = await inventory.answer(ListStock, { productId, limit: 50 });
  return data
    .toSorted((a, b) => a.locationCode.localeCompare(b.locationCode))
    .map(({ locationCode, onHand, reserved, available }) => [locationCode, onHand, reserved, available]);
};

const eventsOf = async (orderId: string) =>
  (await inventory.events()).filter(({ entityId }) => entityId === orderId);

test("an order holds its lines and is told what the products were", async () => {
  const pen = await inventory.product({ stockQuantity: 10, priceMinor: 150, taxCode: "ZERO" });
  const cup = await inventory.product({ stockQuantity: 5, priceMinor: 999 });
  const orderId = newId();
  expect(
    await inventory.reserve(orderId, [
      [cup.id, 2],
      [pen.id, 10],
    ]),
  ).toEqual({
    answer: {
      lines: [
        {
          productId: cup.id,
          quantity: 2,
          sku: cup.sku,
          productName: cup.name,
          unitPriceMinor: 999,
          taxCode: "STANDARD",
        },
        {
          productId: pen.id,
          quantity: 10,
          sku: pen.sku,
          productName: pen.name,
          unitPriceMinor: 150,
          taxCode: "ZERO",
        },
      ],
    },
  });
  expect(await levelsOf(pen.id)).toEqual([["MAIN", 10, 10, 0]]);
  const lines = [
    { productId: cup.id, locationId: "01900000-0000-7000-8000-000000000001", quantity: 2 },
    { productId: pen.id, locationId: "01900000-0000-7000-8000-000000000001", quantity: 10 },
  ];
  expect(await eventsOf(orderId)).toEqual([
    {
      name: "inventory.stock-reserved.v1",
      entityId: orderId,
      version: 1,
      old: null,
      new: { orderId, lines },
    },
  ]);
});

test("of 100 concurrent buyers of the last item exactly one gets it", async () => {
  const { id } = await inventory.product({ stockQuantity: 1 });
  const answers = await Promise.all(Array.from({ length: 100 }, () => inventory.reserve(newId(), [[id, 1]])));
  expect(answers.filter((one) => "answer" in one)).toHaveLength(1);
  const refused = answers.flatMap((one) => ("refusal" in one ? [one.refusal] : []));
  expect(refused).toHaveLength(99);
  for (const { code, details } of refused) {
    expect({ code, details }).toEqual({
      code: "insufficient_stock",
      details: { lines: [{ productId: id, requested: 1, available: 0 }] },
    });
  }
  expect(await levelsOf(id)).toEqual([["MAIN", 1, 1, 0]]);
  const rows = await inventory.world.sql("select 1 from inventory.reservation_lines where product_id = $1", [
    id,
  ]);
  expect(rows).toHaveLength(1);
});

test("an order that is short of one line holds none, and may be reserved later", async () => {
  const plenty = await inventory.product({ stockQuantity: 10 });
  const scarce = await inventory.product({ stockQuantity: 1 });
  const orderId = newId();
  const refused = await inventory.reserve(orderId, [
    [plenty.id, 1],
    [scarce.id, 2],
  ]);
  expect(refused).toMatchObject({
    refusal: {
      code: "insufficient_stock",
      details: { lines: [{ productId: scarce.id, requested: 2, available: 1 }] },
    },
  });
  expect(await levelsOf(plenty.id)).toEqual([["MAIN", 10, 0, 10]]);
  expect(
    await inventory.world.sql("select 1 from inventory.reservations where order_id = $1", [orderId]),
  ).toEqual([]);
  expect(await inventory.reserve(orderId, [[scarce.id, 1]])).toHaveProperty("answer");
});

test("an unknown product or location is named in the refusal", async () => {
  const { id } = await inventory.product({ stockQuantity: 1 });
  expect(
    await inventory.reserve(newId(), [
      [id, 1],
      [2_000_000_000, 1],
    ]),
  ).toMatchObject({
    refusal: { code: "unknown_product", details: { lines: [{ productId: 2_000_000_000 }] } },
  });
  const asked = { orderId: newId(), lines: [{ productId: id, quantity: 1 }], location: "NOWHERE" };
  expect(await inventory.ask(ReserveStock, asked)).toMatchObject({
    refusal: { code: "unknown_location", details: { location: "NOWHERE" } },
  });
  expect(await levelsOf(id)).toEqual([["MAIN", 1, 0, 1]]);
});

test("a deleted product cannot be ordered, one that never had stock is short", async () => {
  const gone = await inventory.product({ stockQuantity: 1 });
  const bare = await inventory.product();
  await inventory.world.sql("update inventory.products set deleted_at = now() where id = $1", [gone.id]);
  expect(await inventory.reserve(newId(), [[gone.id, 1]])).toMatchObject({
    refusal: { code: "unknown_product", details: { lines: [{ productId: gone.id }] } },
  });
  expect(await inventory.reserve(newId(), [[bare.id, 1]])).toMatchObject({
    refusal: {
      code: "insufficient_stock",
      details: { lines: [{ productId: bare.id, requested: 1, available: 0 }] },
    },
  });
});

test("the location asked for comes first, and what lies in quarantine is never sold", async () => {
  const { id } = await inventory.product({ stockQuantity: 5 });
  const south = await inventory.location("SOUTH", "DEPOT");
  const quarantine = await inventory.location("QUARANTINE", "QUARANTINE");
  await receive(inventory.world, { productId: id, locationId: south.id, quantity: 3 });
  await receive(inventory.world, { productId: id, locationId: quarantine.id, quantity: 50 });
  const lines = [{ productId: id, quantity: 4 }];
  expect(await inventory.ask(ReserveStock, { orderId: newId(), lines, location: "SOUTH" })).toHaveProperty(
    "answer",
  );
  expect(await levelsOf(id)).toEqual([
    ["MAIN", 5, 1, 4],
    ["QUARANTINE", 50, 0, 50],
    ["SOUTH", 3, 3, 0],
  ]);
  expect(await inventory.reserve(newId(), [[id, 5]])).toMatchObject({
    refusal: { details: { lines: [{ productId: id, requested: 5, available: 4 }] } },
  });
});

test("the same command twice, and at the same time, reserves once", async () => {
  const { id } = await inventory.product({ stockQuantity: 100 });
  const ask = { orderId: newId(), lines: [{ productId: id, quantity: 7 }] };
  const commandId = newId();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => inventory.ask(ReserveStock, ask, { id: commandId })),
  );
  answers.push(await inventory.ask(ReserveStock, ask, { id: commandId }));
  expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
  expect(await levelsOf(id)).toEqual([["MAIN", 100, 7, 93]]);
  expect(await eventsOf(ask.orderId)).toHaveLength(1);
});

test("other commands for an order that holds its stock get what it holds", async () => {
  const { id } = await inventory.product({ stockQuantity: 100 });
  const orderId = newId();
  const together = await Promise.all(Array.from({ length: 20 }, () => inventory.reserve(orderId, [[id, 7]])));
  const later = await inventory.reserve(orderId, [[id, 9]]);
  expect(new Set([...together, later].map((one) => JSON.stringify(one))).size).toBe(1);
  expect(later).toMatchObject({ answer: { lines: [{ productId: id, quantity: 7 }] } });
  expect(await levelsOf(id)).toEqual([["MAIN", 100, 7, 93]]);
  expect(await eventsOf(orderId)).toHaveLength(1);
});

test("a release gives back what was held, once, and fences what comes later", async () => {
  const { id } = await inventory.product({ stockQuantity: 10 });
  const orderId = newId();
  await inventory.reserve(orderId, [[id, 4]]);
  expect(await inventory.release(orderId)).toEqual({
    answer: { released: [{ productId: id, quantity: 4 }] },
  });
  expect(await inventory.release(orderId)).toEqual({ answer: { released: [] } });
  expect(await inventory.reserve(orderId, [[id, 4]])).toMatchObject({ refusal: { code: "fenced" } });
  expect(await levelsOf(id)).toEqual([["MAIN", 10, 0, 10]]);
  expect((await eventsOf(orderId)).map(({ name, version }) => [name, version])).toEqual([
    ["inventory.stock-reserved.v1", 1],
    ["inventory.stock-released.v1", 2],
  ]);
});

test("a release that comes before its reservation leaves a tombstone that refuses it", async () => {
  const { id } = await inventory.product({ stockQuantity: 10 });
  const orderId = newId();
  expect(await inventory.release(orderId)).toEqual({ answer: { released: [] } });
  expect(await inventory.reserve(orderId, [[id, 4]])).toMatchObject({ refusal: { code: "fenced" } });
  expect(await levelsOf(id)).toEqual([["MAIN", 10, 0, 10]]);
  const [row] = await inventory.world.sql("select state from inventory.reservations where order_id = $1", [
    orderId,
  ]);
  expect(row).toEqual({ state: "RELEASED" });
});

test("reserve and release of one order at the same moment never leave stock held", async () => {
  const { id } = await inventory.product({ stockQuantity: 1_000 });
  const orders = Array.from({ length: 150 }, () => newId());
  await Promise.all(
    orders.flatMap((orderId, n) => {
      const pair = [() => inventory.reserve(orderId, [[id, 1]]), () => inventory.release(orderId)];
      return (n % 2 ? pair : pair.reverse()).map((send) => send());
    }),
  );
  expect(await levelsOf(id)).toEqual([["MAIN", 1_000, 0, 1_000]]);
});

test("orders naming the same products in opposite order over two instances never dead-lock", async () => {
  const products = await Promise.all(
    Array.from({ length: 6 }, () => inventory.product({ stockQuantity: 10_000 })),
  );
  const forth = products.map(({ id }): [number, number] => [id, 1]);
  const back = forth.toReversed();
  // One after the other for each buyer: so there are many small batches, in both instances, of all three commands at once.
  const buyer = async (n: number) => {
    for (let order = 0; order < 12; order += 1) {
      const orderId = newId();
      expect(await inventory.reserve(orderId, (n + order) % 2 ? forth : back)).toHaveProperty("answer");
      if (order % 2) await inventory.answer(ReleaseStock, { orderId });
      else await inventory.answer(ConsumeStock, { orderId, shipmentId: newId() });
    }
  };
  await Promise.all(Array.from({ length: 40 }, (_, n) => buyer(n)));
  for (const { id } of products) expect(await levelsOf(id)).toEqual([["MAIN", 9_760, 0, 9_760]]);
});
