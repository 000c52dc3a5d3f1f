import fc from "fast-check";
import type { InvoiceDraft } from "./draft-invoice";
import { grantCredit } from "./grant-credit";

function draft(
  orderId: string,
  id: string,
  totalMinor: number,
  creditLimitMinor: number | "cash",
): InvoiceDraft {
  const paymentTerms = creditLimitMinor === "cash" ? "CASH" : "CREDIT";
  return {
    orderId,
    customer: {
      id,
      name: id,
      documentType: null,
      documentNumber: null,
      address: null,
      email: null,
      paymentTerms,
    },
    creditLimitMinor: creditLimitMinor === "cash" ? 0 : creditLimitMinor,
    lines: [],
    taxes: [],
    subtotalMinor: totalMinor,
    taxMinor: 0,
    totalMinor,
  };
}

const ordersIn = (drafts: readonly InvoiceDraft[]) => drafts.map(({ orderId }) => orderId);

test("first come, first served: what fits is granted, up to the limit itself", () => {
  const drafts = [
    draft("a", "ann", 60, 100),
    draft("b", "ann", 50, 100),
    draft("c", "ann", 40, 100),
    draft("d", "ann", 1, 100),
    draft("e", "bob", 100, 100),
  ];
  const { granted, refused } = grantCredit(
    drafts,
    new Map([
      ["ann", 0],
      ["bob", 1],
    ]),
  );
  expect(ordersIn(granted)).toEqual(["a", "c"]);
  expect(refused.map(({ draft: { orderId }, openBalanceMinor }) => [orderId, openBalanceMinor])).toEqual([
    ["b", 60],
    ["d", 100],
    ["e", 1],
  ]);
});

test("a cash invoice is granted over any limit, and counts for the credit that follows it", () => {
  const drafts = [draft("a", "ann", 500, "cash"), draft("b", "ann", 1, 100)];
  const { granted, refused } = grantCredit(drafts, new Map([["ann", 0]]));
  expect(ordersIn(granted)).toEqual(["a"]);
  expect(refused.map(({ openBalanceMinor }) => openBalanceMinor)).toEqual([500]);
});

test("a balance below zero, with a refund to come, adds to what may be owed", () => {
  expect(grantCredit([draft("a", "ann", 150, 100)], new Map([["ann", -50]])).granted).toHaveLength(1);
  expect(grantCredit([draft("a", "ann", 151, 100)], new Map([["ann", -50]])).granted).toHaveLength(0);
});

test("whatever arrives, no customer passes its limit, nothing that fits is refused, and everything is decided", () => {
  const anyDraft = fc.record({
    id: fc.constantFrom("ann", "bob", "eve"),
    totalMinor: fc.nat(100),
    limit: fc.constantFrom(0, 50, 200),
  });
  fc.assert(
    fc.property(fc.array(anyDraft, { maxLength: 40 }), fc.nat(60), (asked, openMinor) => {
      const drafts = asked.map(({ id, totalMinor, limit }, n) => draft(String(n), id, totalMinor, limit));
      const before = new Map(["ann", "bob", "eve"].map((id) => [id, openMinor]));
      const { granted, refused } = grantCredit(drafts, before);
      expect(granted.length + refused.length).toBe(drafts.length);
      for (const { draft: no, openBalanceMinor } of refused) {
        expect(openBalanceMinor + no.totalMinor).toBeGreaterThan(no.creditLimitMinor);
      }
      const owed = new Map(before);
      for (const yes of granted) {
        const after = (owed.get(yes.customer.id) ?? 0) + yes.totalMinor;
        expect(after).toBeLessThanOrEqual(yes.creditLimitMinor);
        owed.set(yes.customer.id, after);
      }
    }),
  );
});
