import {
  ChangeCustomer,
  GetOrder,
  GetOrderTimeline,
  ListCustomers,
  ListOrders,
  PlaceOrder,
  ReserveStock,
} from "@quartermaster/contracts";
import { newId } from "@quartermaster/messaging";
import { answerOf, customerActor, Stage, staff } from "./stage";

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
  stage.shelf.put(1, 1_000);
  stage.shelf.put(2, 1_000);
});
afterAll(() => stage?.close());

test("an order is placed: stock held, invoice issued, prices frozen, and one event says so", async () => {
  const customerId = await stage.customer();
  const id = newId();
  const order = answerOf(
    await stage.ask(
      PlaceOrder,
      { items: [{ productId: 1, quantity: 10 }], customerId, notes: "ring twice" },
      staff,
      { id },
    ),
  );
  const at = expect.any(String);
  const expected = {
    id,
    customerId,
    status: "PENDING",
    paymentStatus: "UNPAID",
    totalAmountMinor: 90_000,
    shippingAmountMinor: 1_000,
    taxAmountMinor: 8_190,
    grandTotalMinor: 99_190,
    currency: "USD",
    location: null,
    notes: "ring twice",
    invoiceId: stage.ledger.invoices.get(id)?.invoiceId,
    invoiceNumber: stage.ledger.invoices.get(id)?.number,
    rejection: null,
    items: [
      {
        productId: 1,
        sku: "SKU-1",
        productName: "Product 1",
        quantity: 10,
        shippedQuantity: 0,
        unitPriceAtPurchaseMinor: 9_000,
        lineTotalMinor: 90_000,
        taxCode: "STANDARD",
      },
    ],
    createdAt: at,
    createdBy: "mia",
    updatedAt: at,
    updatedBy: "mia",
    version: 2,
  };
  expect(order).toEqual(expected);
  expect(PlaceOrder.answer.parse(order)).toEqual(order);
  stage.shelf.priceMinor = 12_345;
  expect(answerOf(await stage.ask(GetOrder, { id }))).toEqual(order);
  stage.shelf.priceMinor = 9_000;
  expect(stage.shelf.held.get(id)).toEqual([{ productId: 1, quantity: 10 }]);
  expect(await stage.said(id)).toEqual([
    { subject: "evt.orders.order-placed.v1", body: expect.objectContaining({ version: 2, old: null }) },
  ]);
});

test("lines of one product are added up before they are reserved", async () => {
  const customerId = await stage.customer();
  const order = answerOf(
    await stage.place(customerId, [
      { productId: 1, quantity: 2 },
      { productId: 2, quantity: 1 },
      { productId: 1, quantity: 3 },
    ]),
  );
  expect(order.items.map(({ productId, quantity }) => [productId, quantity])).toEqual([
    [1, 5],
    [2, 1],
  ]);
});

test("refused stock: the refusal names the order, which is readable as REJECTED, holds nothing and has no invoice", async () => {
  const customerId = await stage.customer();
  const id = newId();
  const items = [{ productId: 1, quantity: 999_999 }];
  expect(await stage.place(customerId, items, { id })).toMatchObject({
    refusal: { code: "insufficient_stock", details: { lines: [1], orderId: id } },
  });
  expect(answerOf(await stage.ask(GetOrder, { id }))).toMatchObject({
    status: "REJECTED",
    totalAmountMinor: null,
    items: [],
    rejection: { code: "insufficient_stock", details: { lines: [1] } },
    version: 1,
  });
  expect(stage.ledger.invoices.has(id)).toBe(false);
  expect((await stage.said(id)).map((one) => one.subject)).toEqual(["evt.orders.order-rejected.v1"]);
  const listed = answerOf(await stage.ask(ListOrders, { customerId, limit: 50 }));
  expect(listed).toEqual({ data: [], next: null });
  const rejected = answerOf(await stage.ask(ListOrders, { customerId, status: "REJECTED", limit: 50 }));
  expect(rejected.data.map((one) => one.id)).toEqual([id]);
});

test("a refused invoice releases the stock, then rejects the order with the reason", async () => {
  const customerId = await stage.customer({ paymentTerms: "CREDIT", creditLimitMinor: 5_000 });
  const id = newId();
  const before = stage.shelf.stock.get(1);
  expect(await stage.place(customerId, [{ productId: 1, quantity: 1 }], { id })).toMatchObject({
    refusal: { code: "credit_limit_exceeded", details: { creditLimitMinor: 5_000, orderId: id } },
  });
  expect(stage.shelf.stock.get(1)).toBe(before);
  expect(answerOf(await stage.ask(GetOrder, { id }))).toMatchObject({
    status: "REJECTED",
    totalAmountMinor: 9_000,
    invoiceId: null,
    version: 2,
  });
  const { data } = answerOf(await stage.ask(GetOrderTimeline, { id }));
  expect(data.map((one) => `${one.kind} ${one.what}`)).toEqual([
    "step accept-order",
    "status PLACING",
    "message asked inventory.reserve-stock.v1",
    "message answered inventory.reserve-stock.v1",
    "step create-order",
    "message asked billing.issue-invoice.v1",
    "message refused billing.issue-invoice.v1",
    "step turning back",
    "message asked inventory.release-stock.v1",
    "message answered inventory.release-stock.v1",
    "step reject-order",
    "status REJECTED",
  ]);
  for (const entry of data) expect(entry).toMatchObject({ saga: "place-order", at: expect.any(String) });
  expect(GetOrderTimeline.answer.parse({ orderId: id, data })).toBeDefined();
});

test("a total that no invoice can hold is refused before anything is invoiced, and the stock is let go", async () => {
  const customerId = await stage.customer();
  const id = newId();
  stage.shelf.put(3, 1_000_000_000);
  stage.shelf.priceMinor = 999_999_999_999;
  expect(await stage.place(customerId, [{ productId: 3, quantity: 1_000_000 }], { id })).toMatchObject({
    refusal: { code: "amount_too_large" },
  });
  stage.shelf.priceMinor = 9_000;
  expect(stage.shelf.held.has(id)).toBe(false);
  expect(stage.ledger.seen.filter((one) => one.orderId === id)).toEqual([]);
  expect(answerOf(await stage.ask(GetOrder, { id }))).toMatchObject({ status: "REJECTED", items: [] });
});

test("the same command id sent many times at once is one order, with the same answer to all", async () => {
  const customerId = await stage.customer();
  const id = newId();
  const two = await stage.startOrders("orders-2");
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => stage.place(customerId, [{ productId: 2, quantity: 1 }], { id })),
  );
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(answerOf(answers[0] as (typeof answers)[number])).toMatchObject({ id, status: "PENDING" });
  expect(
    stage.shelf.seen.filter((one) => stage.shelf.held.has(id) && one.name === ReserveStock.name).length,
  ).toBeGreaterThan(0);
  expect(stage.ledger.seen.filter((one) => one.orderId === id)).toHaveLength(1);
  expect(await stage.said(id)).toHaveLength(1);
  expect(two).toBeDefined();
  await stage.stop("orders-2");
});

test("hundreds of orders on two instances: each ends with its own invoice", async () => {
  const customerId = await stage.customer();
  await stage.startOrders("orders-2");
  stage.shelf.put(4, 300);
  const answers = await Promise.all(
    Array.from({ length: 400 }, () => stage.place(customerId, [{ productId: 4, quantity: 1 }])),
  );
  const placed = answers.filter((one) => "answer" in one);
  const refused = answers.filter((one) => "refusal" in one && one.refusal.code === "insufficient_stock");
  expect([placed.length, refused.length, stage.shelf.stock.get(4)]).toEqual([300, 100, 0]);
  const numbers = placed.map((one) => answerOf(one).invoiceNumber);
  expect(new Set(numbers).size).toBe(300);
  expect(await stage.world.sql("select id from orders.sagas where due_at is not null")).toEqual([]);
  await stage.stop("orders-2");
});

test("a CUSTOMER orders for itself, and for nobody else; staff say for whom", async () => {
  const customerId = await stage.customer();
  const other = await stage.customer();
  const items = [{ productId: 1, quantity: 1 }];
  const buyer = customerActor(customerId);
  expect(await stage.ask(PlaceOrder, { items }, buyer)).toMatchObject({
    answer: { customerId, status: "PENDING" },
  });
  expect(await stage.ask(PlaceOrder, { items, customerId: other }, buyer)).toMatchObject({
    refusal: { code: "forbidden" },
  });
  expect(await stage.ask(PlaceOrder, { items }, staff)).toMatchObject({
    refusal: { code: "unknown_customer" },
  });
  expect(await stage.place(newId(), items)).toMatchObject({ refusal: { code: "unknown_customer" } });
  const nobody = { kind: "anonymous", id: "anonymous" } as const;
  expect(await stage.ask(PlaceOrder, { items, customerId }, nobody)).toMatchObject({
    refusal: { code: "forbidden" },
  });
  expect(await stage.place(customerId, [{ productId: 404, quantity: 1 }])).toMatchObject({
    refusal: { code: "unknown_product", details: { productId: 404 } },
  });
});

test("a blocked customer may not order", async () => {
  const customerId = await stage.customer();
  answerOf(await stage.ask(ChangeCustomer, { id: customerId, status: "BLOCKED" }));
  expect(await stage.place(customerId, [{ productId: 1, quantity: 1 }])).toMatchObject({
    refusal: { code: "customer_blocked" },
  });
});

test("a registered customer whose account is not open yet can order at once: the order opens it", async () => {
  const customerId = newId();
  const buyer = customerActor(customerId, "eager@buyer.example");
  const items = [{ productId: 1, quantity: 1 }];
  const two = await Promise.all([
    stage.ask(PlaceOrder, { items }, buyer),
    stage.ask(PlaceOrder, { items }, buyer),
  ]);
  for (const one of two) expect(answerOf(one)).toMatchObject({ customerId, status: "PENDING" });
  expect((await stage.said(customerId)).map((one) => one.subject)).toEqual(["evt.orders.customer-opened.v1"]);
});

test("orders are listed newest first, page by page, a CUSTOMER's own only", async () => {
  const customerId = await stage.customer();
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) {
    ids.unshift(answerOf(await stage.place(customerId, [{ productId: 1, quantity: 1 }])).id);
  }
  const buyer = customerActor(customerId);
  const first = answerOf(await stage.ask(ListOrders, { limit: 3 }, buyer));
  expect(first.data.map((one) => one.id)).toEqual(ids.slice(0, 3));
  expect(first.data[0]?.items).toHaveLength(1);
  const second = answerOf(await stage.ask(ListOrders, { limit: 3, after: first.next as string }, buyer));
  expect([second.data.map((one) => one.id), second.next]).toEqual([ids.slice(3), null]);
  const stranger = customerActor(newId());
  expect(answerOf(await stage.ask(ListOrders, { limit: 3 }, stranger))).toEqual({ data: [], next: null });
  expect(await stage.ask(GetOrder, { id: ids[0] as string }, stranger)).toMatchObject({
    refusal: { code: "forbidden" },
  });
  expect(await stage.ask(GetOrder, { id: newId() }, stranger)).toMatchObject({
    refusal: { code: "not_found" },
  });
  expect(await stage.ask(ListOrders, { limit: 3, after: "nonsense" })).toMatchObject({
    refusal: { code: "bad_request" },
  });
});

test("a page of long orders is cut to what a message can carry, and goes on behind it", async () => {
  const customerId = await stage.customer();
  const items = Array.from({ length: 120 }, (_, n) => ({ productId: 1_000 + n, quantity: 1 }));
  for (const { productId } of items) stage.shelf.put(productId, 1_000);
  const placed = await Promise.all(Array.from({ length: 50 }, () => stage.place(customerId, items)));
  const ids = placed.map((one) => answerOf(one).id);
  const listed: string[] = [];
  let pages = 0;
  for (let after: string | null | undefined; after !== null; pages++) {
    const ask = { customerId, limit: 50, ...(after ? { after } : {}) };
    const page = answerOf(await stage.ask(ListOrders, ask));
    for (const order of page.data) expect(order.items).toHaveLength(120);
    listed.push(...page.data.map(({ id }) => id));
    after = page.next;
  }
  expect(pages).toBeGreaterThan(2);
  expect(listed).toEqual(ids.sort().reverse());
});

test("a cursor with something else inside than ours is refused", async () => {
  const id = newId();
  for (const inside of [[], ["x"], [`${id}\u0000`], [1], [null], [id, id], [[id]]]) {
    const after = Buffer.from(JSON.stringify(inside)).toString("base64url");
    for (const list of [ListOrders, ListCustomers] as const) {
      expect(await stage.ask(list, { limit: 1, after })).toMatchObject({
        refusal: { code: "bad_request", details: { field: "after" } },
      });
    }
  }
});

test("a stranger's order that is refused opens no account; its account's event is said with the first that is taken", async () => {
  const customerId = newId();
  const long = `${"n".repeat(240)}@buyer.example`;
  const buyer = customerActor(customerId, long);
  const tooMany = Array.from({ length: 2 }, () => ({ productId: 1, quantity: 1_000_000_000 }));
  expect(await stage.ask(PlaceOrder, { items: tooMany }, buyer)).toMatchObject({
    refusal: { code: "bad_request", details: { field: "items" } },
  });
  expect(await stage.said(customerId)).toEqual([]);
  answerOf(await stage.ask(PlaceOrder, { items: [{ productId: 1, quantity: 1 }] }, buyer));
  const [opened, ...more] = await stage.said(customerId);
  expect(opened?.body.new).toMatchObject({ name: "n".repeat(200) });
  expect(more).toEqual([]);
});
