import { draftInvoice, type InvoiceAsk } from "./draft-invoice";

const rates = { STANDARD: 900, ZERO: 0, EXEMPT: 0 };
const customer = {
  id: "019a0000-0000-7000-8000-000000000001",
  name: "Bolts & Sons",
  documentType: null,
  documentNumber: null,
  address: null,
  email: null,
  paymentTerms: "CASH",
} as const;

function asked(lineTotalMinor: number, shippingMinor: number, quantity = 1): InvoiceAsk {
  return {
    orderId: "019a0000-0000-7000-8000-000000000002",
    customer: { ...customer, creditLimitMinor: 500 },
    lines: [
      {
        productId: 1,
        sku: "A",
        description: "Widget",
        quantity,
        unitPriceMinor: lineTotalMinor / quantity,
        lineTotalMinor,
        taxCode: "ZERO",
      },
    ],
    shippingMinor,
  };
}

test("shipping is a line of its own, taxed at the standard rate beside lines of other rates", () => {
  const ask = asked(600, 150, 3);
  expect(draftInvoice(ask, rates)).toEqual({
    orderId: ask.orderId,
    customer,
    creditLimitMinor: 500,
    lines: [
      ...ask.lines,
      {
        productId: null,
        sku: null,
        description: "Shipping",
        quantity: 1,
        unitPriceMinor: 150,
        lineTotalMinor: 150,
        taxCode: "STANDARD",
      },
    ],
    taxes: [
      { taxCode: "STANDARD", rateBps: 900, baseMinor: 150, taxMinor: 14 },
      { taxCode: "ZERO", rateBps: 0, baseMinor: 600, taxMinor: 0 },
    ],
    subtotalMinor: 750,
    taxMinor: 14,
    totalMinor: 764,
  });
});

test("free shipping is no line", () => {
  expect(draftInvoice(asked(600, 0), rates)?.lines).toHaveLength(1);
});

test("the largest amount can be invoiced, one cent more cannot", () => {
  expect(draftInvoice(asked(999_999_999_999, 0), rates)?.totalMinor).toBe(999_999_999_999);
  expect(draftInvoice(asked(999_999_999_999, 1), rates)).toBeNull();
});

test("a line that does not multiply out is a defect, not an invoice", () => {
  const ask = asked(600, 0);
  const wrong = { ...ask, lines: ask.lines.map((line) => ({ ...line, quantity: 2 })) };
  expect(() => draftInvoice(wrong, rates)).toThrow('line "Widget": 2 at 600 is not 600');
});
