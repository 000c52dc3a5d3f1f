import { OrderStatus } from "@quartermaster/contracts";
import { type Act, judge, transitions } from "./status";

const acts = Object.keys(transitions) as Act[];

test("the whole table: what each act makes of an order in each status", () => {
  const table = Object.fromEntries(
    acts.map((act) => [
      act,
      OrderStatus.options.map((status) => {
        const verdict = judge(act, status);
        return verdict.kind === "moves" ? verdict.to : verdict.kind;
      }),
    ]),
  );
  const no = "not-allowed";
  // PLACING, PENDING, CONFIRMED, PAID, SHIPPED, CANCELLED, REJECTED
  expect(table).toEqual({
    confirm: [no, "CONFIRMED", "already", no, no, no, no],
    pay: [no, "PAID", "PAID", "already", no, no, no],
    ship: [no, no, "SHIPPED", "SHIPPED", "already", no, no],
    cancel: [no, "CANCELLED", "CANCELLED", "CANCELLED", no, "already", no],
  });
});
