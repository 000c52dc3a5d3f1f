import { natsConfig, natsUsers, readNatsRights } from "./nats-config";

const table = readNatsRights();

test("an operator cannot be called like a service, nor share the variable of another's password", () => {
  expect(() => natsConfig(table, { operators: ["orders"] })).toThrow("NATS_ORDERS_PASSWORD");
  expect(() => natsConfig(table, { operators: ["ada-b", "ada_b"] })).toThrow("NATS_ADA_B_PASSWORD");
});

test.each(["", "Ada", "ada ", "ada.b", "ada>", 'ada"', "a".repeat(40)])(
  "an operator cannot be called %j",
  (name) => {
    expect(() => natsConfig(table, { operators: [name] })).toThrow("cannot be an operator's name");
  },
);

test("only a test's server has a user without limits, and no password stands in the configuration", () => {
  expect(natsUsers(table, { operators: ["ada"] })).not.toContain("test");
  const config = natsConfig(table, { operators: ["ada"] });
  const users = config.split("\n").filter((line) => line.includes("user: "));
  expect(users).toHaveLength(natsUsers(table, { operators: ["ada"] }).length);
  for (const line of users) expect(line).toMatch(/password: \$NATS_[A-Z_]+_PASSWORD/);
  // The system's user is alone in its account.
  expect(users.filter((line) => !line.includes("permissions: ")).map((line) => line.trim())).toEqual([
    expect.stringMatching(/^SYSTEM/),
  ]);
});
