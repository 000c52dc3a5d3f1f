import type { AnswerOf, AskOf, Request } from "@quartermaster/contracts";
import * as contracts from "@quartermaster/contracts";

/** One example per message, in message form: the compiler holds it to the contract, and REST is derived from it. */
export interface Example {
  ask?: unknown;
  answer: unknown;
}

const examples = new Map<string, Example>();

/** The example of a message; every message that a route serves has one (openapi.unit.test.ts). */
export function exampleOf(contract: Request): Example | undefined {
  return examples.get(contract.name);
}

function example<C extends Request>(contract: C, answer: AnswerOf<C>, ask?: Partial<AskOf<C>>): void {
  examples.set(contract.name, { answer, ask });
}

const userId = "019a2b3c-0000-7000-8000-000000000001";
const customerId = "019a2b3c-0000-7000-8000-000000000002";
const orderId = "019a2b3c-0000-7000-8000-000000000003";
const invoiceId = "019a2b3c-0000-7000-8000-000000000004";
const locationId = "019a2b3c-0000-7000-8000-000000000005";
const recordId = "019a2b3c-0000-7000-8000-000000000006";
const at = "2026-01-15T09:30:00.000Z";
const stamps = {
  createdAt: at,
  createdBy: "admin@example.com",
  updatedAt: at,
  updatedBy: "admin@example.com",
};

const tokens: AnswerOf<typeof contracts.LogIn> = {
  accessToken: "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IjEifQ...",
  tokenType: "bearer",
  expiresIn: 3_600,
  refreshToken: "rt_9f2c...",
};
const password = "correct horse battery";

example(
  contracts.RegisterUser,
  { id: userId, email: "buyer@example.com", role: "CUSTOMER", customerId },
  { email: "buyer@example.com", password, role: "CUSTOMER" },
);
example(contracts.LogIn, tokens);
example(contracts.RefreshToken, tokens);
example(contracts.LogOut, {});
example(contracts.GetUser, {
  id: userId,
  email: "buyer@example.com",
  username: null,
  role: "CUSTOMER",
  status: "ACTIVE",
  customerId,
  vehicleNo: null,
  ...stamps,
});
example(contracts.ListRoles, {
  data: [{ name: "MANAGER", description: "Creates and edits", aliases: ["INVENTORY_MANAGER", "gestor"] }],
});
example(contracts.ListPermissions, {
  data: [
    {
      permission: "orders:place",
      about: contracts.permissions["orders:place"].about,
      roles: ["ADMIN", "MANAGER", "SALES", "CUSTOMER"],
      own: ["CUSTOMER"],
    },
  ],
});

const product: AnswerOf<typeof contracts.GetProduct> = {
  id: 1,
  sku: "WIDGET-A-001",
  name: "Widget A",
  description: "The larger of the two widgets",
  category: "Widgets",
  unitMeasure: "unit",
  unitValue: "1",
  isPerishable: false,
  expirationDate: null,
  priceMinor: 15_000,
  suggestedPriceMinor: 17_990,
  taxCode: "STANDARD",
  stockQuantity: 100,
  version: 1,
  ...stamps,
};
example(contracts.CreateProduct, product, {
  sku: "WIDGET-A-001",
  name: "Widget A",
  priceMinor: 15_000,
  stockQuantity: 100,
  unitCostE4: 914_250,
});
example(contracts.GetProduct, product);
example(contracts.ListProducts, { data: [product], next: null });
example(
  contracts.ChangeProduct,
  { ...product, priceMinor: 16_550, version: 2 },
  { priceMinor: 16_550, priceReason: "New price list" },
);
example(contracts.ListPriceHistory, {
  data: [
    {
      id: recordId,
      productId: 1,
      oldPriceMinor: 15_000,
      newPriceMinor: 16_550,
      reason: "New price list",
      changedBy: "admin@example.com",
      changedAt: at,
    },
  ],
  next: null,
});

const location: AnswerOf<typeof contracts.CreateLocation> = {
  id: locationId,
  code: "NORTH",
  name: "North depot",
  type: "DEPOT",
  version: 1,
  ...stamps,
};
example(contracts.CreateLocation, location, { code: "NORTH", name: "North depot", type: "DEPOT" });
example(contracts.ListLocations, { data: [location], next: null });
example(contracts.ListStock, {
  data: [
    {
      productId: 1,
      sku: "WIDGET-A-001",
      productName: "Widget A",
      locationId,
      locationCode: "NORTH",
      onHand: 100,
      reserved: 6,
      available: 94,
    },
  ],
  next: null,
});
example(contracts.ListMovements, {
  data: [
    {
      id: recordId,
      type: "ENTRY",
      reason: "opening",
      productId: 1,
      locationId,
      quantity: 100,
      unitPriceMinor: null,
      totalPriceMinor: null,
      unitCostE4: 914_250,
      totalCostE4: 91_425_000,
      supplierId: null,
      customerId: null,
      referenceType: null,
      referenceId: null,
      notes: null,
      createdAt: at,
      createdBy: "admin@example.com",
    },
  ],
  next: null,
});
example(contracts.ListBatches, {
  data: [
    {
      id: recordId,
      productId: 1,
      locationId,
      initialQuantity: 100,
      availableQuantity: 94,
      unitCostE4: 914_250,
      purchaseDate: "2026-01-15",
      expirationDate: null,
      supplierId: null,
      entryReference: null,
      createdAt: at,
    },
  ],
  next: null,
});

const customer: AnswerOf<typeof contracts.GetCustomer> = {
  id: customerId,
  name: "Corner Shop Ltd",
  documentType: "TAX_ID",
  documentNumber: "20-12345678-9",
  address: "1 High Street",
  phone: "+44 20 7946 0000",
  email: "buyer@example.com",
  kind: "STANDARD",
  paymentTerms: "CREDIT",
  creditLimitMinor: 500_000,
  meterRateMinor: null,
  lastMeterReading: null,
  status: "ACTIVE",
  version: 2,
  ...stamps,
};
example(
  contracts.OpenCustomer,
  { ...customer, version: 1 },
  { name: "Corner Shop Ltd", email: "buyer@example.com", paymentTerms: "CREDIT", creditLimitMinor: 500_000 },
);
example(contracts.ChangeCustomer, customer, { paymentTerms: "CREDIT", creditLimitMinor: 500_000 });
example(contracts.GetCustomer, customer);
example(contracts.ListCustomers, { data: [customer], next: null });

const order: AnswerOf<typeof contracts.PlaceOrder> = {
  id: orderId,
  customerId,
  status: "PENDING",
  paymentStatus: "UNPAID",
  totalAmountMinor: 90_000,
  shippingAmountMinor: 0,
  taxAmountMinor: 8_100,
  grandTotalMinor: 98_100,
  currency: "USD",
  location: null,
  notes: null,
  invoiceId,
  invoiceNumber: "INV-000001",
  rejection: null,
  items: [
    {
      productId: 1,
      sku: "WIDGET-A-001",
      productName: "Widget A",
      quantity: 6,
      shippedQuantity: 0,
      unitPriceAtPurchaseMinor: 15_000,
      lineTotalMinor: 90_000,
      taxCode: "STANDARD",
    },
  ],
  createdAt: at,
  createdBy: "buyer@example.com",
  updatedAt: at,
  updatedBy: "buyer@example.com",
  version: 2,
};
example(contracts.PlaceOrder, order, {
  items: [{ productId: 1, quantity: 6 }],
  notes: "Deliver before noon",
});
example(contracts.GetOrder, order);
example(contracts.ListOrders, { data: [order], next: null });
example(contracts.CancelOrder, { ...order, status: "CANCELLED", version: 3 }, { reason: "Ordered twice" });
example(contracts.GetOrderTimeline, {
  orderId,
  data: [
    { at, kind: "step", saga: "place-order", what: "reserve: done" },
    { at, kind: "step", saga: "place-order", what: "invoice: done", details: { number: "INV-000001" } },
    { at, kind: "status", saga: "place-order", what: "PENDING" },
  ],
});

const invoice: AnswerOf<typeof contracts.GetInvoice> = {
  id: invoiceId,
  number: "INV-000001",
  series: "INV",
  orderId,
  customerId,
  customer: {
    id: customerId,
    name: "Corner Shop Ltd",
    documentType: "TAX_ID",
    documentNumber: "20-12345678-9",
    address: "1 High Street",
    email: "buyer@example.com",
    paymentTerms: "CREDIT",
  },
  lines: [
    {
      productId: 1,
      sku: "WIDGET-A-001",
      description: "Widget A",
      quantity: 6,
      unitPriceMinor: 15_000,
      lineTotalMinor: 90_000,
      taxCode: "STANDARD",
    },
  ],
  taxes: [{ taxCode: "STANDARD", rateBps: 900, baseMinor: 90_000, taxMinor: 8_100 }],
  subtotalMinor: 90_000,
  taxMinor: 8_100,
  totalMinor: 98_100,
  creditedMinor: 0,
  paidMinor: 0,
  currency: "USD",
  status: "ISSUED",
  issuedAt: at,
  issuedBy: "buyer@example.com",
};
example(contracts.GetInvoice, invoice);
example(contracts.ListInvoices, { data: [invoice], next: null });
example(contracts.ListCreditNotes, {
  data: [
    {
      id: recordId,
      number: "CN-000001",
      series: "CN",
      invoiceId,
      invoiceNumber: "INV-000001",
      customerId,
      subtotalMinor: 90_000,
      taxMinor: 8_100,
      totalMinor: 98_100,
      currency: "USD",
      reason: "Ordered twice",
      issuedAt: at,
      issuedBy: "admin@example.com",
    },
  ],
  next: null,
});

const hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
example(contracts.ListAudit, {
  data: [
    {
      position: 42,
      source: "inventory",
      epoch: 1,
      seq: 7,
      at,
      recordedAt: at,
      actorKind: "user",
      userId,
      userName: "admin@example.com",
      role: "ADMIN",
      ip: "203.0.113.7",
      action: "UPDATE",
      entity: "product",
      recordId: "1",
      version: 2,
      event: "inventory.product-changed.v1",
      description: "Product changed",
      oldValues: { priceMinor: 15_000 },
      newValues: { priceMinor: 16_550 },
      requestId: "req-1",
      prevHash: hash,
      hash,
    },
  ],
  next: null,
});
example(contracts.VerifyAudit, {
  ok: true,
  records: 42,
  head: { position: 42, hash },
  firstBroken: null,
  sources: [{ source: "inventory", epoch: 1, records: 7, highest: 7, missing: 0 }],
});
