import { newId } from "@quartermaster/messaging";
import { placedView } from "../src/domain/order";
import type { PlacingOrder } from "../src/sagas/place-order";
import { placeOrders } from "../src/store/orders";
import { Stage } from "./stage";

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage?.close());

test("an order that is not PLACING is not placed, however it came to that: the transaction fails", async () => {
  const orders = await stage.startOrders("orders-2");
  const invoice = {
    invoiceId: newId(),
    number: "INV-000001",
    subtotalMinor: 1,
    taxMinor: 0,
    totalMinor: 1,
    issuedAt: "",
  };
  const nobody = {
    orderId: newId(),
    customer: { id: newId() },
    lines: [],
    invoice,
  } as unknown as PlacingOrder;
  const attempt = orders.inTransaction(async (tx) => {
    placeOrders(tx, [placedView(nobody, new Date().toISOString())]);
    return { result: undefined, said: [] };
  });
  await expect(attempt).rejects.toThrow("division by zero");
});

test.each([
  ["sums that do not add up", "update orders.orders set grand_total_minor = grand_total_minor + 1"],
  ["a REJECTED order with an invoice", "update orders.orders set status = 'REJECTED', rejection = '{}'"],
  [
    "a placed order without its sums",
    "update orders.orders set tax_amount_minor = null, grand_total_minor = null",
  ],
  ["more shipped than was ordered", "update orders.order_lines set shipped_quantity = quantity + 1"],
  ["a saga that has not ended and is never due", "update orders.sagas set due_at = null, phase = 'BACK'"],
])("the database itself refuses %s", async (_what, statement) => {
  stage.shelf.put(1, 100);
  const customerId = await stage.customer();
  await stage.place(customerId, [{ productId: 1, quantity: 1 }]);
  await expect(stage.world.sql(statement)).rejects.toThrow("violates check constraint");
});
