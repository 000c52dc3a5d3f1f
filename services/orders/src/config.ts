import { amountMinorMax } from "@quartermaster/contracts";
import { ProcessConfig } from "@quartermaster/process";
import { z } from "zod";

/** A decimal with at most two places, such as "4.50", as minor units (450). */
export const Minor = z
  .string()
  .regex(/^\d{1,10}(\.\d{1,2})?$/, "must be an amount such as 4.50")
  .transform((text) => {
    const [whole = "0", places = ""] = text.split(".");
    return Number(whole) * 100 + Number(places.padEnd(2, "0"));
  })
  .pipe(z.int().min(0).max(amountMinorMax));

export const OrdersConfig = ProcessConfig.extend({
  /** What shipping costs, whatever the order holds. */
  SHIPPING_FLAT_RATE: Minor.default(0),
  /** The mock payment provider then declines an order whose grand total ends in .13. */
  MOCK_PAYMENT_DECLINES: z.stringbool().default(false),
});
export type OrdersConfig = z.infer<typeof OrdersConfig>;
