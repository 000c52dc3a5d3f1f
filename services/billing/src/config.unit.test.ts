import { ConfigError, readConfig } from "@quartermaster/process";
import { BillingConfig } from "./config";

const env = { DATABASE_URL: "postgres://billing@localhost/quartermaster" };

test.each([
  [undefined, 900],
  ["0.09", 900],
  ["0.0725", 725],
  ["0", 0],
  ["1", 10_000],
  ["0.070", 700],
])("TAX_RATE=%s is %i basis points", (rate, rateBps) => {
  expect(readConfig(BillingConfig, { ...env, TAX_RATE: rate }).TAX_RATE).toBe(rateBps);
});

test.each(["9", "1.01", "-0.09", "9%", "0.00001", "0,09", "NaN"])(
  "TAX_RATE=%s stops the process with a sentence",
  (rate) => {
    expect(() => readConfig(BillingConfig, { ...env, TAX_RATE: rate })).toThrow(
      new ConfigError(
        "TAX_RATE is wrong: must be a rate from 0 to 1 with at most four decimal places, such as 0.09 for 9 %.",
      ),
    );
  },
);
