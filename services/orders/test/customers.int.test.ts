import {
  type Actor,
  ChangeCustomer,
  type FieldsOf,
  GetCustomer,
  ListCustomers,
  OpenCustomer,
  UserRegistered,
} from "@quartermaster/contracts";
import { done, handle, newId } from "@quartermaster/messaging";
import { eventually } from "@quartermaster/testkit";
import { answerOf, customerActor, Stage } from "./stage";

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage?.close());

const stranger: Actor = { kind: "anonymous", id: "anonymous" };

test("staff open an account with the defaults: STANDARD, CASH, no credit", async () => {
  const opened = answerOf(await stage.ask(OpenCustomer, { name: "Bolts", email: "bolts@example.com" }));
  const at = expect.any(String);
  expect(opened).toEqual({
    id: expect.any(String),
    name: "Bolts",
    documentType: null,
    documentNumber: null,
    address: null,
    phone: null,
    email: "bolts@example.com",
    kind: "STANDARD",
    paymentTerms: "CASH",
    creditLimitMinor: 0,
    meterRateMinor: null,
    lastMeterReading: null,
    status: "ACTIVE",
    version: 1,
    createdAt: at,
    createdBy: "mia",
    updatedAt: at,
    updatedBy: "mia",
  });
  expect(answerOf(await stage.ask(GetCustomer, { id: opened.id }))).toEqual(opened);
  expect(await stage.said(opened.id)).toHaveLength(1);
});

test("an account is opened once, however many ask for it at once", async () => {
  const id = newId();
  const asked = Array.from({ length: 10 }, () =>
    stage.ask(OpenCustomer, { id, name: "Once", email: "once@example.com" }, stranger),
  );
  for (const one of await Promise.all(asked))
    expect(answerOf(one)).toMatchObject({ id, name: "Once", version: 1 });
  expect(await stage.said(id)).toHaveLength(1);
});

test("an email that another record has: staff are told, a registration opens without it", async () => {
  await stage.customer({ name: "First", email: "shared@example.com" });
  const again = { name: "Second", email: "shared@example.com" };
  expect(await stage.ask(OpenCustomer, again)).toMatchObject({ refusal: { code: "document_taken" } });
  const id = newId();
  const registered = answerOf(await stage.ask(OpenCustomer, { id, ...again }, stranger));
  expect(registered).toMatchObject({ id, name: "Second", email: null });
});

test("a document is unique", async () => {
  const document = { documentType: "RUC" as const, documentNumber: "20100070970" };
  const first = await stage.customer(document);
  expect(await stage.ask(OpenCustomer, { name: "Copy", ...document })).toMatchObject({
    refusal: { code: "document_taken" },
  });
  const second = await stage.customer();
  const change = { id: second, ...document };
  expect(await stage.ask(ChangeCustomer, change)).toMatchObject({ refusal: { code: "document_taken" } });
  expect(answerOf(await stage.ask(ChangeCustomer, { id: first, ...document }))).toMatchObject({ version: 1 });
});

test("a change raises the version, says old and new, and refuses what was changed meanwhile", async () => {
  const id = await stage.customer();
  const change = {
    id,
    paymentTerms: "CREDIT" as const,
    creditLimitMinor: 50_000,
    meterRateMinor: 250,
    expectedVersion: 1,
  };
  expect(answerOf(await stage.ask(ChangeCustomer, change))).toMatchObject({
    paymentTerms: "CREDIT",
    creditLimitMinor: 50_000,
    meterRateMinor: 250,
    version: 2,
    updatedBy: "mia",
  });
  expect(await stage.ask(ChangeCustomer, change)).toMatchObject({
    refusal: { code: "version_conflict", details: { expectedVersion: 1, version: 2 } },
  });
  expect((await stage.said(id)).at(-1)).toEqual({
    subject: "evt.orders.customer-changed.v1",
    body: {
      entityId: id,
      version: 2,
      old: { paymentTerms: "CASH", creditLimitMinor: 0, meterRateMinor: null },
      new: { paymentTerms: "CREDIT", creditLimitMinor: 50_000, meterRateMinor: 250 },
    },
  });
  expect(await stage.ask(ChangeCustomer, { id: newId(), name: "Nobody" })).toMatchObject({
    refusal: { code: "not_found" },
  });
});

test("a meter rate is set by ADMIN and MANAGER, not by SALES; a first reading is given when the account is opened", async () => {
  const as = (role: "MANAGER" | "SALES"): Actor => ({ kind: "user", id: role, role });
  const forbidden = { refusal: { code: "forbidden", details: { field: "meterRateMinor" } } };
  const metered = { name: "Metered", meterRateMinor: 250, lastMeterReading: "12.5" };
  expect(await stage.ask(OpenCustomer, metered, as("SALES"))).toMatchObject(forbidden);
  const customer = answerOf(await stage.ask(OpenCustomer, metered, as("MANAGER")));
  expect(customer).toMatchObject({ meterRateMinor: 250, lastMeterReading: "12.50" });
  const change = { id: customer.id, meterRateMinor: 300 };
  expect(await stage.ask(ChangeCustomer, change, as("SALES"))).toMatchObject(forbidden);
  expect(await stage.ask(ChangeCustomer, { ...change, meterRateMinor: null }, as("SALES"))).toMatchObject(
    forbidden,
  );
  const named = { id: customer.id, name: "Renamed", meterRateMinor: 250 };
  expect(answerOf(await stage.ask(ChangeCustomer, named, as("SALES")))).toMatchObject({ name: "Renamed" });
  expect(answerOf(await stage.ask(ChangeCustomer, change, as("MANAGER")))).toMatchObject({
    meterRateMinor: 300,
  });
});

test("a registered CUSTOMER gets its account from the event too, whichever comes first", async () => {
  const [early, late] = [newId(), newId()];
  await stage.ask(
    OpenCustomer,
    { id: early, name: "early@example.com", email: "early@example.com" },
    stranger,
  );
  await register(early, "early@example.com");
  await register(late, "late@example.com");
  await eventually(async () => "answer" in (await stage.ask(GetCustomer, { id: late })), {
    withinMs: 10_000,
  });
  await stage.ask(OpenCustomer, { id: late, name: "other", email: "late@example.com" }, stranger);
  for (const [id, email] of [
    [early, "early@example.com"],
    [late, "late@example.com"],
  ] as const) {
    expect(answerOf(await stage.ask(GetCustomer, { id }))).toMatchObject({ id, name: email, email });
    expect(await stage.said(id)).toHaveLength(1);
  }
});

test("a CUSTOMER sees its own record only; staff search by name, email and document", async () => {
  const id = await stage.customer({ name: "Zebra Crossing", email: "zebra@example.com" });
  const own = customerActor(id);
  expect(answerOf(await stage.ask(GetCustomer, { id }, own))).toMatchObject({ id });
  expect(await stage.ask(GetCustomer, { id: newId() }, own)).toMatchObject({
    refusal: { code: "forbidden" },
  });
  expect(answerOf(await stage.ask(ListCustomers, { limit: 10 }, own)).data.map((one) => one.id)).toEqual([
    id,
  ]);
  for (const q of ["zebra", "CROSS", "zebra@ex"]) {
    expect(answerOf(await stage.ask(ListCustomers, { limit: 10, q })).data.map((one) => one.id)).toEqual([
      id,
    ]);
  }
  const first = answerOf(await stage.ask(ListCustomers, { limit: 2 }));
  const second = answerOf(await stage.ask(ListCustomers, { limit: 200, after: first.next as string }));
  const [row] = await stage.world.sql<{ n: number }>("select count(*)::int as n from orders.customers");
  expect(new Set([...first.data, ...second.data].map((one) => one.id)).size).toBe(row?.n);
  expect(answerOf(await stage.ask(ListCustomers, { limit: 10 }, stranger)).data).toEqual([]);
});

/** Says what identity says of a registration: any command of a stand-in that carries the event. */
async function register(customerId: string, email: string): Promise<void> {
  const fields: FieldsOf<typeof UserRegistered> = {
    id: newId(),
    email,
    username: null,
    role: "CUSTOMER",
    status: "ACTIVE",
    customerId,
    vehicleNo: null,
  };
  const said = UserRegistered.of({ entityId: fields.id, version: 1, old: null, new: fields });
  await stage.stop("identity");
  const { RegisterUser } = await import("@quartermaster/contracts");
  const registers = handle(RegisterUser, async (_tx, commands) =>
    commands.map(() => done({ id: fields.id, email, role: "CUSTOMER" as const, customerId }, said)),
  );
  await stage.startPart("identity", [registers]);
  answerOf(await stage.ask(RegisterUser, { email, password: "not stored", role: "CUSTOMER" }, stranger));
}
