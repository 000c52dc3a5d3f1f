import { ProcessConfig, shownConfig } from "../../../packages/process/src/index";
import { BillingConfig } from "../../../services/billing/src/config";
import { GatewayConfig } from "../../../services/gateway/src/config";
import { IdentityConfig } from "../../../services/identity/src/config";
import { InventoryConfig } from "../../../services/inventory/src/config";
import { OrdersConfig } from "../../../services/orders/src/config";

const schemas: [string, Parameters<typeof shownConfig>[0]][] = [
  // The audit reads nothing of its own.
  ["audit", ProcessConfig],
  ["billing", BillingConfig],
  ["gateway", GatewayConfig],
  ["identity", IdentityConfig],
  ["inventory", InventoryConfig],
  ["orders", OrdersConfig],
];

const soundsSecret = /PASSWORD|SECRET|TOKEN|KEY|_URL$/;
/** A folder, and a number. */
const isNone = new Set(["TOKEN_KEYS_DIR", "PASSWORD_HASHES_AT_ONCE"]);
const value = "scheme://user:s3cret@host/path";

test.each(schemas)(
  "what sounds like a secret in the configuration of %s is not shown to operators",
  (_of, schema) => {
    const names = Object.keys(schema.shape).filter((name) => soundsSecret.test(name) && !isNone.has(name));
    expect(names).toEqual(expect.arrayContaining(["DATABASE_URL", "NATS_PASSWORD", "NATS_URL"]));
    const shown = shownConfig(schema, Object.fromEntries(names.map((name) => [name, value])));
    expect(names.filter((name) => !String(shown[name]).includes("[secret]"))).toEqual([]);
    expect(JSON.stringify(shown)).not.toContain("s3cret");
  },
);
