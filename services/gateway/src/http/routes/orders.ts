import {
  CancelOrder,
  ChangeCustomer,
  GetCustomer,
  GetOrder,
  GetOrderTimeline,
  ListCustomers,
  ListOrders,
  OpenCustomer,
  PlaceOrder,
} from "@quartermaster/contracts";
import { del, get, patch, post, routes, type Waits } from "../route";

const at = (id: string) => `/orders/${id}`;

/** The command's id is the order's id, so an order has an address before it is decided. */
const placing: Waits = {
  pending: (id) => ({ location: at(id), body: { id, status: "PLACING" } }),
  lookUp: GetOrder,
};
const cancelling: Waits = {
  pending: (_id, ask: { id: string }) => ({ location: at(ask.id), body: { id: ask.id } }),
};

// biome-ignore format: one line per route
export const orderRoutes = [
  ...routes("Orders", [
    post("/orders", PlaceOrder, { may: "orders:place", status: 201, summary: "Place an order", location: ({ id }) => at(id), etag: true, waits: placing }),
    get("/orders", ListOrders, { may: "orders:read", summary: "List orders, newest first" }),
    get("/orders/{id}", GetOrder, { may: "orders:read", summary: "One order with its items", etag: true }),
    get("/orders/{id}/timeline", GetOrderTimeline, { may: "orders:read", summary: "Every step of an order, with its time" }),
    post("/orders/{id}/cancel", CancelOrder, { may: "orders:cancel", summary: "Cancel an unshipped order", etag: true, waits: cancelling }),
    del("/orders/{id}", CancelOrder, { may: "orders:cancel", summary: "Cancel an unshipped order", etag: true, waits: cancelling, without: ["reason"], aliasOf: "POST /orders/{id}/cancel" }),
  ]),
  ...routes("Customers", [
    get("/customers", ListCustomers, { may: "customers:read", summary: "List customers" }),
    post("/customers", OpenCustomer, { may: "customers:write", status: 201, summary: "Open a customer account", location: ({ id }) => `/customers/${id}`, etag: true, without: ["id"] }),
    get("/customers/{id}", GetCustomer, { may: "customers:read", summary: "One customer", etag: true }),
    patch("/customers/{id}", ChangeCustomer, { may: "customers:write", summary: "Change a customer", etag: true, ifMatch: true }),
  ]),
];
