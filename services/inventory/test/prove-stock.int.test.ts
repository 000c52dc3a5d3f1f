import { operate } from "@quartermaster/testkit";
import { type Inventory, openInventory, receive, unproven } from "./running-inventory";

let inventory: Inventory;
let prove: (ask?: Record<string, unknown>) => ReturnType<typeof operate>;
beforeAll(async () => {
  inventory = await openInventory(2);
  const ada = await inventory.world.operator("ada");
  prove = (ask) => operate(ada, "ops.inventory.prove", ask);
});
afterAll(() => inventory?.close());

const order = (n: number) => `0199f2c0-0000-7000-8000-${String(n).padStart(12, "0")}`;
const main = "01900000-0000-7000-8000-000000000001";

test("what is kept equals what movements and reservations come to, while orders are taken and let go", async () => {
  const product = await inventory.product({ stockQuantity: 50, unitCostE4: 10_000 });
  await receive(inventory.world, { productId: product.id, locationId: main, quantity: 5 });
  const orders = Array.from({ length: 30 }, (_, n) => inventory.reserve(order(n), [[product.id, 1]]));
  const proofs = await Promise.all(Array.from({ length: 5 }, () => prove()));
  await Promise.all(orders);
  await inventory.release(order(3));
  for (const { body } of [...proofs, await prove()])
    expect(body).toMatchObject({ equal: true, differences: [] });
  expect((await prove()).body).toEqual({
    equal: true,
    levels: 1,
    movements: 2,
    heldLines: 29,
    differences: [],
  });
});

/** Each is a row edited by hand, behind the service's back, and how to put it right again. */
const edits: [string, string, string, Record<string, unknown>[]][] = [
  [
    "more on hand than ever came in",
    "update inventory.levels set on_hand = on_hand + 1",
    "update inventory.levels set on_hand = on_hand - 1",
    [
      { what: "on hand, by batches", id: main, kept: 56, recomputed: 55 },
      { what: "on hand, by movements", id: main, kept: 56, recomputed: 55 },
    ],
  ],
  [
    "something reserved for nobody",
    "update inventory.levels set reserved = reserved + 2",
    "update inventory.levels set reserved = reserved - 2",
    [{ what: "reserved, by held lines", id: main, kept: 31, recomputed: 29 }],
  ],
  [
    "a batch that lost a unit",
    "update inventory.batches set available_quantity = 49 where available_quantity = 50",
    "update inventory.batches set available_quantity = 50 where available_quantity = 49",
    [
      { what: "batch, by its movements", kept: 49, recomputed: 50 },
      { what: "on hand, by batches", id: main, kept: 55, recomputed: 54 },
    ],
  ],
  [
    "a reservation that was closed without its lines",
    `update inventory.reservations set state = 'RELEASED' where order_id = '${order(7)}'`,
    `update inventory.reservations set state = 'HELD' where order_id = '${order(7)}'`,
    [{ what: "reservation held, by its lines", id: order(7), kept: 0, recomputed: 1 }],
  ],
];

test.each(edits)("%s is found", async (_what, edit, undo, differences) => {
  await inventory.world.sql(edit);
  const { body } = await prove();
  expect(body).toMatchObject({ equal: false, differences });
  expect(body.differences).toHaveLength(differences.length);
  expect(await unproven(inventory.world)).not.toEqual([]);
  expect((await prove({ limit: 1 })).body.differences).toHaveLength(1);
  await inventory.world.sql(undo);
  expect((await prove()).body.equal).toBe(true);
});
