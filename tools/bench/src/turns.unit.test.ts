import { orderOf } from "./turns";

const ordersOf = (all: readonly string[], rounds: number) =>
  Array.from({ length: rounds }, (_, index) => orderOf(all, index + 1).join(""));

test("two take turns in beginning", () => {
  expect(ordersOf(["a", "b"], 4)).toEqual(["ab", "ba", "ba", "ab"]);
});

test("of three each begins once in three rounds, and six rounds have every order", () => {
  const orders = ordersOf(["a", "b", "c"], 6);
  expect(orders.slice(0, 3)).toEqual(["abc", "cba", "bca"]);
  expect(new Set(orders).size).toBe(6);
});
