import { instancesOf, readInstances } from "./instances";

test("instances are counted per service, and the first one is called like it", () => {
  const counts = readInstances("orders=2, billing=1");
  expect(instancesOf(["orders", "billing", "audit"], counts).map(({ name }) => name)).toEqual([
    "orders",
    "orders-2",
    "billing",
    "audit",
  ]);
});

test.each(["orders", "orders=0", "orders=9", "orders=two", "sales=2", "gateway=2", ""])(
  "INSTANCES=%s is refused with a sentence",
  (text) => {
    expect(() => readInstances(text)).toThrow(/^INSTANCES/);
  },
);
