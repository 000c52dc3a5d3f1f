import { z } from "zod";
import { command, event, query } from "./contract";
import {
  AmountMinor,
  Currency,
  decimalText,
  Email,
  Id,
  Name,
  OrderLines,
  Page,
  PaymentTerms,
  ProductId,
  pageOf,
  Quantity,
  Stamps,
  TaxCode,
  Text,
  Time,
  Version,
} from "./fields";

export const OrderStatus = z.enum([
  "PLACING",
  "PENDING",
  "CONFIRMED",
  "PAID",
  "SHIPPED",
  "CANCELLED",
  "REJECTED",
]);
export const PaymentStatus = z.enum(["UNPAID", "PARTIALLY_PAID", "PAID", "REFUNDED"]);
/** OTRO is what earlier systems call OTHER. */
const DocumentType = z.preprocess(
  (value) => (value === "OTRO" ? "OTHER" : value),
  z.enum(["RUC", "DNI", "TAX_ID", "OTHER"]),
);

const CustomerFields = z.object({
  name: Name,
  documentType: DocumentType.nullable(),
  documentNumber: z.string().trim().min(1).max(40).nullable(),
  address: Text.nullable(),
  phone: z.string().trim().max(40).nullable(),
  email: Email.nullable(),
  kind: z.enum(["STANDARD", "CONSIGNEE"]),
  paymentTerms: PaymentTerms,
  creditLimitMinor: AmountMinor,
  /** Price of one unit read from the customer's meter; null where it has none. */
  meterRateMinor: AmountMinor.nullable(),
  /** A decimal with two places, as a string. */
  lastMeterReading: decimalText(/^\d{1,12}(\.\d{1,2})?$/).nullable(),
  status: z.enum(["ACTIVE", "BLOCKED"]),
});

export const Customer = CustomerFields.extend({ id: Id, version: Version }).extend(Stamps.shape);

/** Idempotent by `id`: opening an account that is open answers it. Registration opens with the user's email. */
export const OpenCustomer = command("orders.open-customer.v1", {
  about: "Opens a customer account: asked by the gateway at registration and when staff create a customer.",
  ask: CustomerFields.partial().extend({ id: Id.optional(), name: Name }),
  answer: Customer,
  // forbidden: a meter rate by who may not set rates.
  refusals: ["document_taken", "forbidden"],
});

/** Without the meter reading: it follows from readings, and its reset is an act of its own (DOMAIN.md, Metering). */
export const ChangeCustomer = command("orders.change-customer.v1", {
  about: "Changes a customer's fields, such as payment terms and credit limit.",
  ask: CustomerFields.omit({ lastMeterReading: true })
    .partial()
    .extend({ id: Id, expectedVersion: Version.optional() }),
  answer: Customer,
  refusals: ["not_found", "document_taken", "version_conflict", "forbidden"],
});

export const GetCustomer = query("orders.customer.v1", {
  about: "One customer by id; for a CUSTOMER its own only.",
  ask: z.object({ id: Id }),
  answer: Customer,
  refusals: ["not_found", "forbidden"],
});

export const ListCustomers = query("orders.customers.v1", {
  about: "Customers by id; for a CUSTOMER its own only.",
  ask: Page.extend({ q: z.string().trim().min(1).max(100).optional() }),
  answer: pageOf(Customer),
  refusals: ["bad_request"],
});

/** The line as it was sold: later price or name changes never reach it. */
export const OrderItem = z.object({
  productId: ProductId,
  sku: z.string(),
  productName: Name,
  quantity: Quantity,
  shippedQuantity: z.int().min(0),
  unitPriceAtPurchaseMinor: AmountMinor,
  lineTotalMinor: AmountMinor,
  taxCode: TaxCode,
});

const Problem = z.object({
  code: z.string(),
  detail: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});

/**
 * `totalAmountMinor` is the items' sum without tax and shipping; the sums are null until the stock is reserved, the tax
 * and the grand total until the invoice is issued (status PLACING). `rejection` tells why a REJECTED order was refused.
 */
export const Order = z.object({
  id: Id,
  customerId: Id,
  status: OrderStatus,
  paymentStatus: PaymentStatus,
  totalAmountMinor: AmountMinor.nullable(),
  shippingAmountMinor: AmountMinor,
  taxAmountMinor: AmountMinor.nullable(),
  grandTotalMinor: AmountMinor.nullable(),
  currency: Currency,
  location: z.string().nullable(),
  notes: Text.nullable(),
  invoiceId: Id.nullable(),
  invoiceNumber: z.string().nullable(),
  rejection: Problem.nullable(),
  items: z.array(OrderItem),
  createdAt: Time,
  createdBy: z.string().nullable(),
  updatedAt: Time,
  updatedBy: z.string().nullable(),
  version: Version,
});

/**
 * The command's id becomes the order's id. Answered when the placement saga has ended: the order PENDING, or the
 * refusal with `orderId` in its details; `accepted` when the wait is over first (header Qm-Wait-Ms).
 */
export const PlaceOrder = command("orders.place-order.v1", {
  about: "Places an order: reserves stock, creates the order, issues the invoice, compensates on failure.",
  ask: z.object({
    items: OrderLines,
    /** Whom the order is for; staff must say it, a CUSTOMER orders for itself. */
    customerId: Id.optional(),
    /** Code of the location to ship from; any sellable one when absent. */
    location: z.string().trim().min(1).max(40).optional(),
    notes: Text.optional(),
  }),
  answer: Order,
  refusals: [
    "bad_request",
    "insufficient_stock",
    "unknown_product",
    "unknown_location",
    "unknown_customer",
    "customer_blocked",
    "credit_limit_exceeded",
    "amount_too_large",
    "placing_cancelled",
    "forbidden",
    "fenced",
  ],
});

export const CancelOrder = command("orders.cancel-order.v1", {
  about:
    "Cancels an unshipped order: releases its stock and credits its invoice. Answered when both are done.",
  ask: z.object({ id: Id, reason: Text.optional() }),
  answer: Order,
  refusals: ["not_found", "forbidden", "transition_not_allowed"],
});

export const GetOrder = query("orders.order.v1", {
  about: "One order with its lines; for a CUSTOMER its own only.",
  ask: z.object({ id: Id }),
  answer: Order,
  refusals: ["not_found", "forbidden"],
});

export const ListOrders = query("orders.orders.v1", {
  about: "Orders, newest first; for a CUSTOMER its own only. REJECTED ones only by a status filter.",
  ask: Page.extend({
    status: OrderStatus.optional(),
    customerId: Id.optional(),
    from: Time.optional(),
    to: Time.optional(),
  }),
  answer: pageOf(Order),
  refusals: ["bad_request"],
});

export const TimelineEntry = z.object({
  at: Time,
  /** `step` of a saga, `message` sent or heard, or `status` of the order. */
  kind: z.enum(["step", "message", "status"]),
  saga: z.string(),
  what: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});

export const GetOrderTimeline = query("orders.timeline.v1", {
  about: "Every saga step, message and state change of an order, with its time.",
  ask: z.object({ id: Id }),
  answer: z.object({ orderId: Id, data: z.array(TimelineEntry) }),
  refusals: ["not_found", "forbidden"],
});

const CustomerEventFields = CustomerFields.extend({ id: Id, version: Version });

export const CustomerOpened = event("orders.customer-opened.v1", {
  about: "Customer account opened",
  entity: "customer",
  action: "CREATE",
  fields: CustomerEventFields,
});

export const CustomerChanged = event("orders.customer-changed.v1", {
  about: "Customer changed",
  entity: "customer",
  action: "UPDATE",
  fields: CustomerEventFields,
});

const OrderEventFields = Order.pick({
  customerId: true,
  status: true,
  totalAmountMinor: true,
  shippingAmountMinor: true,
  taxAmountMinor: true,
  grandTotalMinor: true,
  invoiceNumber: true,
}).extend({
  items: z.array(
    z.object({ productId: ProductId, quantity: Quantity, unitPriceAtPurchaseMinor: AmountMinor }),
  ),
});

export const OrderPlaced = event("orders.order-placed.v1", {
  about: "Order placed: stock reserved, invoice issued",
  entity: "order",
  action: "CREATE",
  fields: OrderEventFields,
});

export const OrderRejected = event("orders.order-rejected.v1", {
  about: "Order rejected",
  entity: "order",
  action: "CREATE",
  fields: OrderEventFields.extend({ rejection: Problem }),
});

export const OrderCancelled = event("orders.order-cancelled.v1", {
  about: "Order cancelled: stock released, invoice credited",
  entity: "order",
  action: "UPDATE",
  fields: OrderEventFields.extend({ creditNoteNumber: z.string().nullable(), reason: Text.nullable() }),
});
