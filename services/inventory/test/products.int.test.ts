import {
  ChangeProduct,
  CreateLocation,
  CreateProduct,
  GetProduct,
  ListBatches,
  ListLocations,
  ListMovements,
  ListPriceHistory,
  ListProducts,
  ListStock,
} from "@quartermaster/contracts";
import type { Meta } from "@quartermaster/messaging";
import { as, type Inventory, openInventory, receive, unproven } from "./running-inventory";

const main = "01900000-0000-7000-8000-000000000001";
const anyTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const anyId = expect.stringMatching(/^[0-9a-f-]{36}$/);
const stamps = {
  createdAt: anyTime,
  createdBy: "ada@example.com",
  updatedAt: anyTime,
  updatedBy: "ada@example.com",
};

let inventory: Inventory;
beforeAll(async () => {
  inventory = await openInventory();
});
afterAll(() => inventory.close());
afterEach(async () => expect(await unproven(inventory.world)).toEqual([]));

const created = (sku: string, parts: object = {}) =>
  inventory.answer(CreateProduct, {
    sku,
    name: `The ${sku}`,
    priceMinor: 500,
    stockQuantity: 0,
    unitCostE4: 0,
    ...parts,
  });

test("a product is created with its opening stock as an entry and a batch at the default location", async () => {
  const product = await created("WIDGET-A-001", {
    stockQuantity: 12,
    unitCostE4: 30_050,
    unitValue: "12.50",
  });
  const fields = {
    id: expect.any(Number),
    sku: "WIDGET-A-001",
    name: "The WIDGET-A-001",
    description: null,
    category: null,
    unitMeasure: "unit",
    unitValue: "12.5",
    isPerishable: false,
    expirationDate: null,
    priceMinor: 500,
    suggestedPriceMinor: null,
    taxCode: "STANDARD",
    version: 1,
    stockQuantity: 12,
  };
  expect(product).toEqual({ ...fields, ...stamps });
  expect(await inventory.answer(GetProduct, { id: product.id })).toEqual(product);

  const page = { productId: product.id, limit: 50 };
  const movement = {
    id: anyId,
    type: "ENTRY",
    reason: "opening",
    productId: product.id,
    locationId: main,
    quantity: 12,
    unitPriceMinor: null,
    totalPriceMinor: null,
    unitCostE4: 30_050,
    totalCostE4: 360_600,
    supplierId: null,
    customerId: null,
    referenceType: null,
    referenceId: null,
    notes: null,
  };
  expect(await inventory.answer(ListMovements, page)).toEqual({
    data: [{ ...movement, createdAt: anyTime, createdBy: "ada@example.com" }],
    next: null,
  });
  expect(await inventory.answer(ListBatches, page)).toEqual({
    data: [
      {
        id: anyId,
        productId: product.id,
        locationId: main,
        initialQuantity: 12,
        availableQuantity: 12,
        unitCostE4: 30_050,
        purchaseDate: new Date().toISOString().slice(0, 10),
        expirationDate: null,
        supplierId: null,
        entryReference: null,
        createdAt: anyTime,
      },
    ],
    next: null,
  });
  expect(await inventory.answer(ListStock, { sku: "WIDGET-A-001", limit: 50 })).toEqual({
    data: [
      {
        productId: product.id,
        sku: "WIDGET-A-001",
        productName: "The WIDGET-A-001",
        locationId: main,
        locationCode: "MAIN",
        onHand: 12,
        reserved: 0,
        available: 12,
      },
    ],
    next: null,
  });
  const entityId = String(product.id);
  expect(await inventory.events()).toEqual([
    {
      name: "inventory.product-created.v1",
      entityId,
      version: 1,
      old: null,
      new: { ...fields, id: product.id },
    },
    { name: "inventory.stock-moved.v1", entityId, version: 1, old: null, new: movement },
  ]);
});

test("of ten products with one SKU at the same time one is created, and the rest are told so", async () => {
  const asks = Array.from({ length: 10 }, () =>
    inventory.ask(CreateProduct, {
      sku: "ONCE",
      name: "Once",
      priceMinor: 1,
      stockQuantity: 3,
      unitCostE4: 0,
    }),
  );
  const answers = await Promise.all(asks);
  expect(answers.filter((one) => "answer" in one)).toHaveLength(1);
  expect(answers.filter((one) => "refusal" in one && one.refusal.code === "sku_taken")).toHaveLength(9);
});

test("an opening stock whose cost cannot be counted exactly is refused", async () => {
  const ask = {
    sku: "DEAR",
    name: "Dear",
    priceMinor: 1,
    stockQuantity: 1_000_000_000,
    unitCostE4: 99_999_999_999_900,
  };
  expect(await inventory.ask(CreateProduct, ask)).toMatchObject({
    refusal: { code: "bad_request", details: { field: "unitCostE4" } },
  });
});

test("a change raises the version, says what was and is, and keeps the price with its reason", async () => {
  const { id, ...before } = await created("CHANGED");
  const change = {
    id,
    priceMinor: 650,
    name: "Better",
    unitValue: "1.0",
    expectedVersion: 1,
    priceReason: "new supplier",
  };
  const product = await inventory.answer(ChangeProduct, change);
  expect(product).toEqual({ ...before, id, ...stamps, priceMinor: 650, name: "Better", version: 2 });
  expect(await inventory.answer(GetProduct, { id })).toEqual(product);
  expect(await inventory.events("inventory.product-changed.v1")).toEqual([
    {
      name: "inventory.product-changed.v1",
      entityId: String(id),
      version: 2,
      old: { priceMinor: 500, name: "The CHANGED" },
      new: { priceMinor: 650, name: "Better", priceReason: "new supplier" },
    },
  ]);
  const change1 = { id: anyId, productId: id, changedBy: "ada@example.com", changedAt: anyTime };
  expect(await inventory.answer(ListPriceHistory, { productId: id, limit: 50 })).toEqual({
    data: [
      { ...change1, oldPriceMinor: 500, newPriceMinor: 650, reason: "new supplier" },
      { ...change1, oldPriceMinor: null, newPriceMinor: 500, reason: null },
    ],
    next: null,
  });
});

test("a change is refused that edits stock, an unknown product, an old version or another's SKU", async () => {
  const { id } = await created("REFUSING");
  const code = async (ask: object) => {
    const answered = await inventory.ask(ChangeProduct, { id, ...ask });
    return "refusal" in answered ? answered.refusal.code : "done";
  };
  expect(await code({ stockQuantity: 5 })).toBe("use_adjustment");
  expect(await code({ id: 2_000_000_000, name: "Nobody" })).toBe("not_found");
  expect(await code({ name: "Late", expectedVersion: 7 })).toBe("version_conflict");
  expect(await code({ sku: "CHANGED" })).toBe("sku_taken");
  expect(await code({ sku: "REFUSING-2" })).toBe("done");
  expect(await inventory.answer(GetProduct, { id })).toMatchObject({ sku: "REFUSING-2", version: 2 });
});

test("of twenty changes at the same version one passes", async () => {
  const { id } = await created("CONTENDED");
  const asks = Array.from({ length: 20 }, (_, n) =>
    inventory.ask(ChangeProduct, { id, expectedVersion: 1, priceMinor: 1_000 + n }),
  );
  const answers = await Promise.all(asks);
  expect(answers.filter((one) => "answer" in one)).toHaveLength(1);
  const { data } = await inventory.answer(ListPriceHistory, { productId: id, limit: 50 });
  expect(data).toHaveLength(2);
});

test("products are listed page by page, by stock, category and text, without deleted ones unless asked", async () => {
  const shelf = { category: "Shelf" };
  const red = await created("RED", { ...shelf, stockQuantity: 1 });
  const blue = await created("BLUE_50%", shelf);
  const gone = await created("GONE", shelf);
  await inventory.world.sql("update inventory.products set deleted_at = now() where id = $1", [gone.id]);
  const skus = async (ask: object) => {
    const { data } = await inventory.answer(ListProducts, { limit: 50, category: "Shelf", ...ask });
    return data.map(({ sku }) => sku);
  };
  expect(await skus({})).toEqual(["RED", "BLUE_50%"]);
  expect(await skus({ includeDeleted: true })).toEqual(["RED", "BLUE_50%", "GONE"]);
  expect(await skus({ inStock: true })).toEqual(["RED"]);
  expect(await skus({ inStock: false })).toEqual(["BLUE_50%"]);
  expect(await skus({ q: "the red" })).toEqual(["RED"]);
  expect(await skus({ q: "_50%" })).toEqual(["BLUE_50%"]);
  expect(await skus({ q: "E%5" })).toEqual([]);

  const first = await inventory.answer(ListProducts, { limit: 1, category: "Shelf" });
  expect(first).toEqual({ data: [red], next: expect.any(String) });
  const second = await inventory.answer(ListProducts, {
    limit: 1,
    category: "Shelf",
    after: first.next ?? "",
  });
  expect(second).toEqual({ data: [blue], next: null });
  for (const after of ["nonsense", Buffer.from('["x"]').toString("base64url")]) {
    expect(await inventory.ask(ListProducts, { limit: 1, after })).toMatchObject({
      refusal: { code: "bad_request", details: { field: "after" } },
    });
  }
  expect(await inventory.ask(GetProduct, { id: gone.id })).toMatchObject({ refusal: { code: "not_found" } });
});

test("the default warehouse is there, others can be opened, a code only once", async () => {
  const depot = await inventory.location("D-1", "DEPOT");
  expect(depot).toEqual({ id: anyId, code: "D-1", name: "At D-1", type: "DEPOT", version: 1, ...stamps });
  expect(await inventory.ask(CreateLocation, { code: "D-1", name: "Again", type: "DEPOT" })).toMatchObject({
    refusal: { code: "code_taken", details: { code: "D-1" } },
  });
  const { data } = await inventory.answer(ListLocations, { limit: 50 });
  expect(data.map(({ code, type }) => [code, type])).toEqual([
    ["D-1", "DEPOT"],
    ["MAIN", "WAREHOUSE"],
  ]);
  expect(await inventory.answer(ListLocations, { limit: 50, type: "DEPOT" })).toEqual({
    data: [depot],
    next: null,
  });
});

test("sales staff see stock without costs, a customer only what lies at its own location", async () => {
  const { id } = await created("SEEN", { stockQuantity: 2, unitCostE4: 5 });
  const page = { productId: id, limit: 50 };
  const costs = async (meta: ReturnType<typeof as>) => {
    const [movement] = (await inventory.answer(ListMovements, page, meta)).data;
    const [batch] = (await inventory.answer(ListBatches, page, meta)).data;
    return [movement?.unitCostE4, movement?.totalCostE4, batch?.unitCostE4];
  };
  expect(await costs(as("VIEWER"))).toEqual([5, 10, 5]);
  expect(await costs(as("SALES"))).toEqual([null, null, null]);
  const customerId = "0198c0de-0000-7000-8000-0000000000cc";
  const customer = as("CUSTOMER", customerId);
  expect(await inventory.answer(ListStock, page, customer)).toEqual({ data: [], next: null });
  expect(await inventory.answer(ListMovements, page, customer)).toEqual({ data: [], next: null });
  expect(await inventory.answer(ListBatches, page, customer)).toEqual({ data: [], next: null });

  const shop = await inventory.location("SHOP", "CONSIGNEE");
  await inventory.world.sql("update inventory.locations set customer_id = $1 where id = $2", [
    customerId,
    shop.id,
  ]);
  await receive(inventory.world, { productId: id, locationId: shop.id, quantity: 4 });
  for (const ask of [page, { ...page, location: "SHOP" }]) {
    const [stock, movements, batches] = [
      await inventory.answer(ListStock, ask, customer),
      await inventory.answer(ListMovements, ask, customer),
      await inventory.answer(ListBatches, ask, customer),
    ];
    for (const { data } of [stock, movements, batches]) {
      expect(data.map(({ locationId }) => locationId)).toEqual([shop.id]);
    }
  }
  expect(await inventory.answer(ListStock, { ...page, location: "MAIN" }, customer)).toEqual({
    data: [],
    next: null,
  });
});

test("stock is shown to services and operators; not to strangers, nor to a user without a role", async () => {
  const { id } = await created("SEEN-BY", { stockQuantity: 2, unitCostE4: 5 });
  const by = (actor: Partial<Meta["actor"]>): Meta => ({
    ...as("ADMIN"),
    actor: { kind: "user", id: "somebody", ...actor },
  });
  const seen = async (meta: Meta) =>
    Promise.all(
      ([ListStock, ListMovements, ListBatches] as const).map(
        async (list) => (await inventory.answer(list, { productId: id, limit: 50 }, meta)).data.length,
      ),
    );
  expect(await seen(by({ kind: "service" }))).toEqual([1, 1, 1]);
  expect(await seen(by({ kind: "operator" }))).toEqual([1, 1, 1]);
  expect(await seen(by({ kind: "anonymous" }))).toEqual([0, 0, 0]);
  expect(await seen(by({}))).toEqual([0, 0, 0]);
});

test("stock, movements and batches are paged by their own cursors, and no other is taken", async () => {
  const { id } = await created("PAGED", { stockQuantity: 2 });
  const there = await inventory.location("THERE");
  await receive(inventory.world, { productId: id, locationId: there.id, quantity: 4 });
  for (const list of [ListStock, ListMovements, ListBatches] as const) {
    const all = await inventory.answer(list, { productId: id, limit: 50 });
    const first = await inventory.answer(list, { productId: id, limit: 1 });
    const second = await inventory.answer(list, { productId: id, limit: 1, after: first.next ?? "" });
    expect([...first.data, ...second.data]).toEqual(all.data);
    expect([all.data.length, second.next]).toEqual([2, null]);
  }
  const nul = "a\u0000b";
  const insides = [
    [],
    [1],
    ["x", "y"],
    [1, nul],
    [nul],
    [nul, there.id],
    ["0000-01-01", there.id],
    [there.id, there.id],
    [{}, null],
  ];
  for (const inside of insides) {
    const after = Buffer.from(JSON.stringify(inside)).toString("base64url");
    for (const list of [ListStock, ListMovements, ListBatches] as const) {
      expect(await inventory.ask(list, { limit: 1, after })).toMatchObject({
        refusal: { code: "bad_request" },
      });
    }
  }
  const after = Buffer.from(JSON.stringify([nul])).toString("base64url");
  expect(await inventory.ask(ListLocations, { limit: 1, after })).toMatchObject({
    refusal: { code: "bad_request" },
  });
});
