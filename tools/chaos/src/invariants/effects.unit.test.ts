import { wrongPlacing } from "./effects";

const nobody = new Set<string>();
const order = (status: string, id = "o-1") => ({ id, status });

test("an acknowledged order is there exactly once, under the id that was answered", () => {
  const placed = { outcome: "placed", orderId: "o-1" } as const;
  expect(wrongPlacing(placed, [order("PENDING")], nobody)).toBeUndefined();
  expect(wrongPlacing(placed, [], nobody)).toBe("no order");
  expect(wrongPlacing(placed, [order("PENDING"), order("PENDING", "o-2")], nobody)).toBe("2 orders");
  expect(wrongPlacing(placed, [order("PENDING", "o-2")], nobody)).toBe("the order is o-2, not o-1");
  expect(wrongPlacing(placed, [order("REJECTED")], nobody)).toBe("the order is REJECTED");
});

test("an order is cancelled only when somebody tried to cancel it", () => {
  const placed = { outcome: "placed", orderId: "o-1" } as const;
  expect(wrongPlacing(placed, [order("CANCELLED")], nobody)).toBe("the order is CANCELLED");
  expect(wrongPlacing(placed, [order("CANCELLED")], new Set(["o-1"]))).toBeUndefined();
});

test("an unacknowledged one is there once or not at all, and a refused one holds nothing", () => {
  const unknown = { outcome: "unknown" } as const;
  expect(wrongPlacing(unknown, [], nobody)).toBeUndefined();
  expect(wrongPlacing(unknown, [order("PENDING")], nobody)).toBeUndefined();
  expect(wrongPlacing(unknown, [order("PENDING"), order("REJECTED", "o-2")], nobody)).toBe("2 orders");
  expect(wrongPlacing({ outcome: "refused" }, [order("REJECTED")], nobody)).toBeUndefined();
  expect(wrongPlacing({ outcome: "refused" }, [order("PENDING")], nobody)).toBe("the order is PENDING");
});
