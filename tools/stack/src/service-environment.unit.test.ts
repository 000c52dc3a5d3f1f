import { defaultAdmin, environmentFor, gatewayUrlOf } from "./service-environment";

const place = { dataDir: "/kept", gatewayPort: 8080, natsUrl: "nats://x", databaseUrl: "postgres://x" };

test("the gateway listens on this machine only, unless it is told otherwise", () => {
  expect(environmentFor("gateway", place, {}).GATEWAY_HOST).toBe("127.0.0.1");
  expect(environmentFor("gateway", place, { GATEWAY_HOST: "" }).GATEWAY_HOST).toBe("127.0.0.1");
  expect(environmentFor("gateway", place, { GATEWAY_HOST: "0.0.0.0" }).GATEWAY_HOST).toBe("0.0.0.0");
});

test("variables that are empty count as unset", () => {
  const given = { BOOTSTRAP_ADMIN_EMAIL: "", BOOTSTRAP_ADMIN_PASSWORD: "", LOG_LEVEL: "", NODE_ENV: "" };
  expect(environmentFor("identity", place, given)).toMatchObject({
    BOOTSTRAP_ADMIN_EMAIL: defaultAdmin.email,
    BOOTSTRAP_ADMIN_PASSWORD: defaultAdmin.password,
    LOG_LEVEL: "info",
    NODE_ENV: "production",
  });
});

test("only identity is told the first admin's password", () => {
  const given = { BOOTSTRAP_ADMIN_PASSWORD: "a-long-password" };
  expect(environmentFor("orders", place, given)).not.toHaveProperty("BOOTSTRAP_ADMIN_PASSWORD");
});

test.each([
  ["", "http://localhost:8080"],
  ["0.0.0.0", "http://localhost:8080"],
  ["::", "http://localhost:8080"],
  ["10.0.0.7", "http://10.0.0.7:8080"],
  ["fd00::7", "http://[fd00::7]:8080"],
])("with GATEWAY_HOST=%s the gateway is at %s", (host, url) => {
  expect(gatewayUrlOf(8080, { GATEWAY_HOST: host })).toBe(url);
});
