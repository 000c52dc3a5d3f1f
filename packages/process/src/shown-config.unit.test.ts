import { z } from "zod";
import { ProcessConfig, readConfig } from "./config";
import { secret, secretInUrl, shownConfig } from "./shown-config";

test("a configuration is shown without its secrets, and shows whether they are set", () => {
  const config = readConfig(ProcessConfig, {
    DATABASE_URL: "postgres://orders:s3cret@db:5432/quartermaster?sslpassword=s3cret",
    NATS_URL: "nats://orders:s3cret@one:4222,nats://s3cret@two,three:4222",
    NATS_PASSWORD: "s3cret",
    INSTANCE: "orders-1",
  });
  const shown = shownConfig(ProcessConfig, config);
  expect(shown).toEqual({
    COMMANDS_BY: "leader",
    CURRENCY: "USD",
    DATABASE_POOL_MAX: 8,
    DATABASE_URL: "postgres://orders:[secret]@db:5432/quartermaster?[secret]",
    INSTANCE: "orders-1",
    LOG_LEVEL: "info",
    METRICS_PORT: null,
    NATS_PASSWORD: "[secret]",
    NATS_REPLICAS: 1,
    NATS_URL: "nats://orders:[secret]@one:4222,nats://[secret]@two,three:4222",
    NATS_USER: null,
  });
  expect(JSON.stringify(shown)).not.toContain("s3cret");
});

const Wrapped = z.object({
  PLAIN: z.string(),
  OPTIONAL: secret(z.string()).optional(),
  DEFAULTED: secret(z.string()).default("s3cret"),
  PIPED: secret(z.string()).transform((text) => text.length),
  OUTSIDE: secret(z.string().min(3).optional()),
  URLS: secretInUrl(z.string()),
});

test("a secret stays one below whatever is put around it", () => {
  const config = Wrapped.parse({
    PLAIN: "seen",
    OPTIONAL: "s3cret",
    PIPED: "s3cret",
    OUTSIDE: "s3cret",
    URLS: "nats://a:s3,cret@b",
  });
  expect(shownConfig(Wrapped, config)).toEqual({
    PLAIN: "seen",
    OPTIONAL: "[secret]",
    DEFAULTED: "[secret]",
    PIPED: "[secret]",
    OUTSIDE: "[secret]",
    URLS: "[secret]",
  });
});

test("what the schema does not know is not shown", () => {
  expect(shownConfig(z.object({ A: z.string() }), { A: "a", B: "s3cret" })).toEqual({ A: "a" });
});
