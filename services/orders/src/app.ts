import { type RunningService, startService } from "@quartermaster/messaging";
import type { Logger } from "@quartermaster/process";
import { OrdersConfig } from "./config";
import { messages } from "./messages";
import { cancelOrderPlay } from "./runner/cancel-order-play";
import { placeOrderPlay } from "./runner/place-order-play";
import { SagaRunner } from "./runner/runner";
import { watchSagas } from "./runner/saga-metrics";

export { OrdersConfig } from "./config";

/** Orders: customers, orders, and the sagas that place and cancel them. */
export async function start(config: OrdersConfig, log: Logger): Promise<RunningService> {
  const runner = new SagaRunner({ "place-order": placeOrderPlay, "cancel-order": cancelOrderPlay }, log);
  const terms = { currency: config.CURRENCY, shippingMinor: config.SHIPPING_FLAT_RATE };
  const service = await startService({
    service: "orders",
    config,
    configSchema: OrdersConfig,
    log,
    messages: messages(runner, terms),
    beforeStop: () => runner.stop(),
  });
  watchSagas(service);
  runner.attach(service);
  return service;
}
