import { ConsumeStock } from "@quartermaster/contracts";
import { newId } from "@quartermaster/messaging";
import fc from "fast-check";
import { type Inventory, openInventory, receive, unproven } from "./running-inventory";

let inventory: Inventory;
beforeAll(async () => {
  inventory = await openInventory(2);
});
afterAll(() => inventory.close());

const productCount = 3;
const orderCount = 8;
const line = fc.record({ product: fc.nat(productCount - 1), quantity: fc.integer({ min: 1, max: 12 }) });
const lines = fc.uniqueArray(line, {
  minLength: 1,
  maxLength: productCount,
  selector: ({ product }) => product,
});
const order = fc.nat(orderCount - 1);
const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("reserve" as const), order, lines }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("release" as const), order }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("consume" as const), order, lines, shipment: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("consume" as const), order, shipment: fc.nat(9) }) },
);
/** What is sent at the same time, then the next such group. */
const history = fc.array(fc.array(act, { minLength: 1, maxLength: 25 }), { minLength: 1, maxLength: 4 });

test("after any history of reserve, release and consume, movements, levels, batches and reservations agree", async () => {
  const depot = await inventory.location("DEPOT", "DEPOT");
  await fc.assert(
    fc.asyncProperty(history, async (groups) => {
      const products = await Promise.all(
        Array.from({ length: productCount }, () => inventory.product({ stockQuantity: 15, unitCostE4: 3 })),
      );
      for (const { id } of products) {
        await receive(inventory.world, { productId: id, locationId: depot.id, quantity: 9, unitCostE4: 5 });
      }
      const orders = Array.from({ length: orderCount }, () => newId());
      const shipments = Array.from({ length: orderCount * 10 }, () => newId());
      const named = (some: { product: number; quantity: number }[]) =>
        some.map(({ product, quantity }): [number, number] => [products[product]?.id ?? 0, quantity]);
      for (const group of groups) {
        await Promise.all(
          group.map((one) => {
            const orderId = orders[one.order] as string;
            if (one.kind === "reserve") return inventory.reserve(orderId, named(one.lines));
            if (one.kind === "release") return inventory.release(orderId);
            const shipmentId = shipments[one.order * 10 + one.shipment] as string;
            if (!("lines" in one)) return inventory.ask(ConsumeStock, { orderId, shipmentId });
            const asked = named(one.lines).map(([productId, quantity]) => ({ productId, quantity }));
            return inventory.ask(ConsumeStock, { orderId, shipmentId, lines: asked });
          }),
        );
        expect(await unproven(inventory.world)).toEqual([]);
      }
    }),
    { numRuns: 30, endOnFailure: true },
  );
}, 120_000);

test("the proof sees each way in which projections can differ from the truth", async () => {
  const { id } = await inventory.product({ stockQuantity: 5 });
  const orderId = newId();
  await inventory.reserve(orderId, [[id, 2]]);
  const { world } = inventory;
  const broken = async (breaking: string, mending: string) => {
    await world.sql(breaking);
    const found = await unproven(world);
    await world.sql(mending);
    return found.length > 0;
  };
  const level = (change: string) => `update inventory.levels set ${change} where product_id = ${id}`;
  const batch = (change: string) => `update inventory.batches set ${change} where product_id = ${id}`;
  const held = (change: string) =>
    `update inventory.reservation_lines set ${change} where order_id = '${orderId}'`;
  expect(await broken(level("on_hand = 6"), level("on_hand = 5"))).toBe(true);
  expect(await broken(level("reserved = 1"), level("reserved = 2"))).toBe(true);
  expect(await broken(batch("available_quantity = 4"), batch("available_quantity = 5"))).toBe(true);
  expect(await broken(held("state = 'RELEASED'"), held("state = 'HELD'"))).toBe(true);
  expect(await unproven(world)).toEqual([]);
});
