import { ConsumeStock, ListBatches, ListMovements, ListStock } from "@quartermaster/contracts";
import { newId } from "@quartermaster/messaging";
import { type Inventory, openInventory, receive, unproven } from "./running-inventory";

let inventory: Inventory;
beforeAll(async () => {
  inventory = await openInventory(2);
});
afterAll(() => inventory.close());
afterEach(async () => expect(await unproven(inventory.world)).toEqual([]));

const main = "01900000-0000-7000-8000-000000000001";
const consume = (orderId: string, parts: object = {}) =>
  inventory.ask(ConsumeStock, { orderId, shipmentId: newId(), ...parts });

async function reserved(...lines: [productId: number, quantity: number][]): Promise<string> {
  const orderId = newId();
  expect(await inventory.reserve(orderId, lines)).toHaveProperty("answer");
  return orderId;
}

test("a shipment leaves by the oldest batches, at what they cost", async () => {
  const { id } = await inventory.product();
  const at = { productId: id, locationId: main };
  const young = await receive(inventory.world, {
    ...at,
    quantity: 10,
    unitCostE4: 30_000,
    purchaseDate: "2026-03-01",
  });
  const old = await receive(inventory.world, {
    ...at,
    quantity: 4,
    unitCostE4: 10_000,
    purchaseDate: "2026-01-01",
  });
  const orderId = await reserved([id, 7]);
  const [shipmentId, customerId] = [newId(), newId()];
  expect(await consume(orderId, { shipmentId, customerId })).toEqual({
    answer: { lines: [{ productId: id, quantity: 7, totalCostE4: 130_000 }] },
  });

  const { data: batches } = await inventory.answer(ListBatches, { productId: id, limit: 50 });
  expect(batches.map((batch) => [batch.id, batch.availableQuantity])).toEqual([
    [old, 0],
    [young, 7],
  ]);
  const { data: movements } = await inventory.answer(ListMovements, {
    productId: id,
    type: "EXIT",
    limit: 50,
  });
  expect(movements).toEqual([
    {
      id: expect.any(String),
      type: "EXIT",
      reason: "sale",
      productId: id,
      locationId: main,
      quantity: -7,
      unitPriceMinor: null,
      totalPriceMinor: null,
      unitCostE4: 18_571,
      totalCostE4: 130_000,
      supplierId: null,
      customerId,
      referenceType: "order",
      referenceId: orderId,
      notes: null,
      createdAt: expect.any(String),
      createdBy: "ada@example.com",
    },
  ]);
  const drawn = await inventory.world.sql(
    "select batch_id as id, quantity::int, unit_cost_e4::int as cost from inventory.batch_movements where movement_id = $1 order by quantity",
    [movements[0]?.id],
  );
  expect(drawn).toEqual([
    { id: old, quantity: -4, cost: 10_000 },
    { id: young, quantity: -3, cost: 30_000 },
  ]);
  const { data: levels } = await inventory.answer(ListStock, { productId: id, limit: 50 });
  expect(levels).toMatchObject([{ onHand: 7, reserved: 0, available: 7 }]);
  const line = { productId: id, locationId: main, quantity: 7 };
  expect(
    (await inventory.events("inventory.stock-consumed.v1")).filter((said) => said.entityId === orderId),
  ).toEqual([
    {
      name: "inventory.stock-consumed.v1",
      entityId: orderId,
      version: 2,
      old: { lines: [line] },
      new: { orderId, shipmentId, lines: [line] },
    },
  ]);
});

test("perishables leave by what expires first, whatever its age", async () => {
  const { id } = await inventory.product({ isPerishable: true });
  const at = { productId: id, locationId: main, quantity: 2 };
  await receive(inventory.world, { ...at, unitCostE4: 1, purchaseDate: "2026-01-01", expirationDate: null });
  await receive(inventory.world, {
    ...at,
    unitCostE4: 10,
    purchaseDate: "2026-01-02",
    expirationDate: "2027-06-01",
  });
  await receive(inventory.world, {
    ...at,
    unitCostE4: 100,
    purchaseDate: "2026-01-03",
    expirationDate: "2027-05-01",
  });
  const orderId = await reserved([id, 5]);
  expect(await consume(orderId)).toEqual({
    answer: { lines: [{ productId: id, quantity: 5, totalCostE4: 2 * 100 + 2 * 10 + 1 }] },
  });
});

test("an order ships in parts; what it did not ship can be released, and nothing more ships then", async () => {
  const one = await inventory.product({ stockQuantity: 10 });
  const other = await inventory.product({ stockQuantity: 10 });
  const orderId = await reserved([one.id, 6], [other.id, 3]);
  expect(await consume(orderId, { lines: [{ productId: one.id, quantity: 4 }] })).toMatchObject({
    answer: { lines: [{ productId: one.id, quantity: 4 }] },
  });
  expect(await consume(orderId, { lines: [{ productId: one.id, quantity: 3 }] })).toMatchObject({
    refusal: {
      code: "insufficient_stock",
      details: { lines: [{ productId: one.id, requested: 3, available: 2 }] },
    },
  });
  expect(await consume(orderId, { lines: [{ productId: other.id, quantity: 3 }] })).toHaveProperty("answer");
  expect(await inventory.release(orderId)).toEqual({
    answer: { released: [{ productId: one.id, quantity: 2 }] },
  });
  expect(await consume(orderId)).toMatchObject({ refusal: { code: "fenced" } });
  const { data } = await inventory.answer(ListStock, { productId: one.id, limit: 50 });
  expect(data).toMatchObject([{ onHand: 6, reserved: 0, available: 6 }]);
});

test("one shipment takes out once, whatever is retried and whoever answers", async () => {
  const { id } = await inventory.product({ stockQuantity: 100, unitCostE4: 7 });
  const orderId = await reserved([id, 10]);
  const ask = { shipmentId: newId(), lines: [{ productId: id, quantity: 2 }] };
  const answers = await Promise.all(Array.from({ length: 30 }, () => consume(orderId, ask)));
  answers.push(await consume(orderId, ask));
  expect(new Set(answers.map((one) => JSON.stringify(one)))).toEqual(
    new Set([JSON.stringify({ answer: { lines: [{ productId: id, quantity: 2, totalCostE4: 14 }] } })]),
  );
  const { data } = await inventory.answer(ListStock, { productId: id, limit: 50 });
  expect(data).toMatchObject([{ onHand: 98, reserved: 8, available: 90 }]);
});

test("an order wholly shipped has nothing left to ship or release, and keeps its reservation's answer", async () => {
  const { id } = await inventory.product({ stockQuantity: 5 });
  const orderId = await reserved([id, 5]);
  await consume(orderId);
  expect(await consume(orderId)).toEqual({ answer: { lines: [] } });
  expect(await inventory.release(orderId)).toEqual({ answer: { released: [] } });
  expect(await inventory.reserve(orderId, [[id, 5]])).toMatchObject({
    answer: { lines: [{ productId: id, quantity: 5 }] },
  });
  const [row] = await inventory.world.sql("select state from inventory.reservations where order_id = $1", [
    orderId,
  ]);
  expect(row).toEqual({ state: "CONSUMED" });
});

test("an order that was never reserved cannot ship", async () => {
  expect(await consume(newId())).toMatchObject({ refusal: { code: "not_found" } });
});
