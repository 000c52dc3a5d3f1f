import {
  GetUser,
  ListPermissions,
  ListRoles,
  permissions,
  RegisterUser,
  scopeOf,
} from "@quartermaster/contracts";
import { newId } from "@quartermaster/messaging";
import { administrator, anonymous, type IdentityWorld, openIdentity, saidEvents } from "./identity-world";

let identity: IdentityWorld;
beforeAll(async () => {
  identity = await openIdentity();
});
afterAll(() => identity.close());

const password = "correct horse battery";
const code = (answered: unknown) => (answered as { refusal?: { code: string } }).refusal?.code;

test("whoever registers becomes a customer with an account of its own, and it is said", async () => {
  const user = await identity.get(RegisterUser, { email: " Bo@Shop.test", password, username: "bo" });
  expect(user).toEqual({
    id: expect.any(String),
    email: "bo@shop.test",
    role: "CUSTOMER",
    customerId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
  });
  expect((await saidEvents(identity.world)).at(-1)).toMatchObject({
    subject: "evt.identity.user-registered.v1",
    meta: { actor: anonymous, requestId: "r-1" },
    body: {
      entityId: user.id,
      version: 1,
      old: null,
      new: { ...user, username: "bo", status: "ACTIVE", vehicleNo: null },
    },
  });
  expect(
    await identity.get(GetUser, { id: user.id }, { kind: "user", id: user.id, role: "CUSTOMER" }),
  ).toEqual({
    ...user,
    username: "bo",
    status: "ACTIVE",
    vehicleNo: null,
    createdAt: expect.stringMatching(/Z$/),
    createdBy: "anonymous",
    updatedAt: expect.stringMatching(/Z$/),
    updatedBy: "anonymous",
  });
});

test("nobody else but an administrator sees that user", async () => {
  const { id } = await identity.get(RegisterUser, { email: "shy@shop.test", password });
  const other = { kind: "user", id: newId(), role: "SALES" } as const;
  expect(code(await identity.ask(GetUser, { id }, other))).toBe("not_found");
  expect(code(await identity.ask(GetUser, { id }))).toBe("not_found");
  expect(await identity.get(GetUser, { id }, administrator)).toMatchObject({ email: "shy@shop.test" });
});

test("an email and a username are taken once, in whatever case", async () => {
  await identity.get(RegisterUser, { email: "one@shop.test", password, username: "One" });
  expect(code(await identity.ask(RegisterUser, { email: "ONE@shop.test", password }))).toBe("email_taken");
  expect(code(await identity.ask(RegisterUser, { email: "two@shop.test", password, username: "oNE" }))).toBe(
    "username_taken",
  );
});

test("of twenty who register the same email at once one succeeds", async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => identity.ask(RegisterUser, { email: "race@shop.test", password })),
  );
  expect(answers.filter((one) => "answer" in one)).toHaveLength(1);
  expect(answers.filter((one) => code(one) === "email_taken")).toHaveLength(19);
});

test("the same command twice registers once and gets the same answer", async () => {
  const id = newId();
  const ask = { email: "twice@shop.test", password };
  const [first, second] = await Promise.all([
    identity.ask(RegisterUser, ask, anonymous, id),
    identity.ask(RegisterUser, ask, anonymous, id),
  ]);
  expect(first).toHaveProperty("answer");
  expect(second).toEqual(first);
  expect(await identity.ask(RegisterUser, ask, anonymous, id)).toEqual(first);
});

test("other roles are given by an administrator only, by their names in any case or of earlier systems", async () => {
  const seller = { kind: "user", id: newId(), role: "SALES" } as const;
  for (const role of ["ADMIN", "manager", "Gestor", "USER", "viewer"]) {
    const ask = { email: `${role}@staff.test`, password, role };
    expect(code(await identity.ask(RegisterUser, ask))).toBe("forbidden");
    expect(code(await identity.ask(RegisterUser, ask, seller))).toBe("forbidden");
  }
  const gestor = await identity.get(
    RegisterUser,
    { email: "g@staff.test", password, role: "gestor" },
    administrator,
  );
  expect(gestor).toMatchObject({ role: "MANAGER", customerId: null });
  const partner = await identity.get(RegisterUser, { email: "p@shop.test", password, role: "Partner" });
  expect(partner).toMatchObject({ role: "CUSTOMER", customerId: expect.any(String) });
  expect(code(await identity.ask(RegisterUser, { email: "k@x.test", password, role: "king" }))).toBe(
    "unknown_role",
  );
});

test.each([
  ["no email", { password }],
  ["an email that is none", { email: "bo", password }],
  ["a short password", { email: "x@x.test", password: "1234567" }],
  ["a huge password", { email: "x@x.test", password: "x".repeat(201) }],
  ["a username that could be an email", { email: "x@x.test", password, username: "bo@shop.test" }],
  ["a password that is no string", { email: "x@x.test", password: { $ne: null } }],
])("%s is a bad request that repeats no secret", async (_what, ask) => {
  const answered = await identity.ask(RegisterUser, ask);
  expect(code(answered)).toBe("bad_request");
  expect(JSON.stringify(answered)).not.toContain(password);
});

test("no password lies in a table or an event; what is stored is argon2id at OWASP's cost", async () => {
  await identity.get(RegisterUser, { email: "safe@shop.test", password });
  for (const table of ["users", "inbox", "outbox", "dead_letters"]) {
    const rows = await identity.world.sql(
      `select * from identity.${table} t where t::text like '%${password}%'`,
    );
    expect(rows).toEqual([]);
  }
  const hashes = await identity.world.sql(
    "select distinct left(password_hash, 29) as head from identity.users",
  );
  expect(hashes).toEqual(
    [{ head: "$argon2id$v=19$m=19456,t=2,p=1" }].map(({ head }) => ({ head: head.slice(0, 29) })),
  );
});

test("a registration that meets a defect is parked without its password", async () => {
  const { world, ask } = identity;
  await world.sql("alter table identity.users rename to users_away");
  const asked = ask(RegisterUser, { email: "poison@shop.test", password }).catch(
    (error: Error) => error.name,
  );
  const outcome = await asked.finally(() => world.sql("alter table identity.users_away rename to users"));
  expect(outcome).toBe("Defect");
  const letters = await world.sql<{ subject: string; body: string }>("select * from identity.dead_letters");
  expect(letters).toMatchObject([{ subject: RegisterUser.subject }]);
  expect(JSON.parse(letters[0]?.body ?? "")).toMatchObject({
    email: "poison@shop.test",
    password: "[redacted]",
  });
  expect(JSON.stringify(letters)).not.toContain(password);
  expect(await ask(RegisterUser, { email: "poison@shop.test", password })).toHaveProperty("answer");
});

test("the tables of roles and permissions agree with the contracts", async () => {
  const roles = (await identity.get(ListRoles, {})).data;
  expect(roles.map((role) => role.name)).toEqual(["ADMIN", "MANAGER", "SALES", "CUSTOMER", "VIEWER"]);
  expect(roles[1]).toEqual({
    name: "MANAGER",
    description: "Creates and edits.",
    aliases: ["INVENTORY_MANAGER", "gestor"],
  });
  const { data } = await identity.get(ListPermissions, {});
  expect(data.map((row) => row.permission)).toEqual(Object.keys(permissions));
  for (const row of data) {
    for (const { name } of roles) {
      const scope = row.own.includes(name) ? "own" : row.roles.includes(name) ? "all" : "none";
      expect([row.permission, name, scope]).toEqual([
        row.permission,
        name,
        scopeOf(name, row.permission as keyof typeof permissions),
      ]);
    }
  }
});

test("two instances that start at once make one first administrator", async () => {
  const both = { BOOTSTRAP_ADMIN_EMAIL: "second@acme.test", BOOTSTRAP_ADMIN_PASSWORD: password };
  await Promise.all([identity.startAnother(both), identity.startAnother(both)]);
  await identity.startAnother(both);
  const said = (await saidEvents(identity.world)).filter(({ body }) =>
    JSON.stringify(body).includes("second@acme"),
  );
  expect(said).toMatchObject([
    {
      meta: { actor: { kind: "service", id: "identity" } },
      body: { new: { role: "ADMIN", customerId: null } },
    },
  ]);
});

test("ALLOW_ROLE_REGISTRATION lets anybody choose a role", async () => {
  const open = await openIdentity({ ALLOW_ROLE_REGISTRATION: "true" });
  const answered = await open.ask(RegisterUser, { email: "m@demo.test", password, role: "admin" });
  await open.close();
  expect(answered).toMatchObject({ answer: { role: "ADMIN" } });
});
