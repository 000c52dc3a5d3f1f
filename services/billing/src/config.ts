import { ProcessConfig } from "@quartermaster/process";
import Big from "big.js";
import { z } from "zod";

const basisPointsPerOne = 10_000;

/** A rate such as "0.09", from 0 to 1 with at most four decimal places, as basis points (900). */
const Rate = z.string().transform((text, context) => {
  if (/^\d(\.\d+)?$/.test(text)) {
    const rateBps = new Big(text).times(basisPointsPerOne);
    if (rateBps.lte(basisPointsPerOne) && rateBps.eq(rateBps.round(0))) return rateBps.toNumber();
  }
  context.addIssue("must be a rate from 0 to 1 with at most four decimal places, such as 0.09 for 9 %");
  return z.NEVER;
});

/** `TAX_RATE` is read into basis points: 900 for the default of 9 % GST. */
export const BillingConfig = ProcessConfig.extend({ TAX_RATE: Rate.prefault("0.09") });
export type BillingConfig = z.infer<typeof BillingConfig>;
