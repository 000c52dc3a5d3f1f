import type { Handler } from "@quartermaster/messaging";
import { cancelOrder } from "./handlers/cancel-order";
import { changeCustomer } from "./handlers/change-customer";
import { listSagas } from "./handlers/list-sagas";
import { openCustomer } from "./handlers/open-customer";
import { type OrderTerms, placeOrder } from "./handlers/place-order";
import { resolveSaga } from "./handlers/resolve-saga";
import { retrySaga } from "./handlers/retry-saga";
import { userRegistered } from "./handlers/user-registered";
import { getCustomer, listCustomers } from "./queries/customers";
import { getOrder, getTimeline } from "./queries/order";
import { listOrders } from "./queries/orders";
import type { SagaRunner } from "./runner/runner";

/** What orders hears, one line each. */
export function messages(runner: SagaRunner, terms: OrderTerms): Handler[] {
  return [
    placeOrder(runner, terms),
    cancelOrder(runner),
    getOrder,
    listOrders,
    getTimeline,
    openCustomer,
    changeCustomer,
    getCustomer,
    listCustomers,
    userRegistered,
    listSagas(runner),
    retrySaga(runner),
    resolveSaga(runner),
  ];
}
