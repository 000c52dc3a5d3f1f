import type { JsonWebKey } from "node:crypto";
import { Pool, types } from "pg";
import { z } from "zod";
import { createApp } from "./app";
import { tokenVerifier } from "./tokens";

const Settings = z.object({
  PORT: z.coerce.number().int().min(1).max(65_535),
  /** Two logins, because no login of the platform reads two schemas. */
  INVENTORY_DATABASE_URL: z.url(),
  ORDERS_DATABASE_URL: z.url(),
  /** The gateway's /.well-known/jwks.json, as text. */
  JWKS: z.string().transform((text) => (JSON.parse(text) as { keys: (JsonWebKey & { kid: string })[] }).keys),
  /** Connections of each of the two pools, of which a load uses one. */
  POOL_SIZE: z.coerce.number().int().min(1).max(100).default(4),
});

// Amounts and quantities stay far below 2^53 here, so plain numbers will do for bigint.
types.setTypeParser(types.builtins.INT8, Number);

const settings = Settings.parse(process.env);
const poolOf = (connectionString: string) => {
  const pool = new Pool({ connectionString, max: settings.POOL_SIZE, application_name: "bench-reads" });
  // A connection lost while idle is replaced by the pool; without a listener it would end the process.
  pool.on("error", () => {});
  return pool;
};
const inventory = poolOf(settings.INVENTORY_DATABASE_URL);
const orders = poolOf(settings.ORDERS_DATABASE_URL);
const app = createApp({ inventory, orders, customerOf: tokenVerifier(settings.JWKS) });
const server = app.listen(settings.PORT, "127.0.0.1");
const stop = () => {
  server.close(() => void Promise.all([inventory.end(), orders.end()]).then(() => process.exit(0)));
  server.closeIdleConnections();
};
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
