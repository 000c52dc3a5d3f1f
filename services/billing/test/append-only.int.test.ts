import { CreditOrder, IssueInvoice } from "@quartermaster/contracts";
import type { RunningService } from "@quartermaster/messaging";
import { openWorld, type World } from "@quartermaster/testkit";
import { Client } from "pg";
import { answerOf, asking, orderOf, startBilling } from "./fixture";

let world: World;
let billing: RunningService;
let before: unknown;

const documents = () =>
  world.sql(
    `select (select json_agg(i order by id) from billing.invoices i) as invoices,
       (select json_agg(c order by id) from billing.credit_notes c) as notes`,
  );

beforeAll(async () => {
  world = await openWorld("billing");
  billing = await startBilling(world);
  const ask = asking(billing);
  const order = orderOf(1_000);
  answerOf(await ask(IssueInvoice, order));
  answerOf(await ask(CreditOrder, { orderId: order.orderId }));
  answerOf(await ask(IssueInvoice, orderOf(2_000)));
  before = await documents();
});
afterAll(async () => {
  await billing?.stop();
  await world?.close();
});

async function refusalOf(url: string, ...statements: string[]): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
    return "accepted";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  } finally {
    await client.end();
  }
}

const insufficientPrivilege = "42501";
const restrictViolation = "23001";

const attempts = [
  "update billing.invoices set total_minor = total_minor",
  "update billing.invoices set snapshot = '{}' where false",
  "delete from billing.invoices",
  "truncate billing.invoices cascade",
  "update billing.credit_notes set issued_at = now()",
  "delete from billing.credit_notes",
  "truncate billing.credit_notes",
  "merge into billing.invoices i using (select 1) one on true when matched then delete",
  "insert into billing.invoices select * from billing.invoices on conflict (id) do update set total_minor = 0",
];

test.each(attempts)("the service's login role may not: %s", async (statement) => {
  expect(await refusalOf(world.databaseUrl("billing"), statement)).toBe(insufficientPrivilege);
});

test.each(attempts)("a trigger stops the owner of the tables: %s", async (statement) => {
  expect(await refusalOf(world.ownerUrl, "set role billing_owner", statement)).toBe(restrictViolation);
});

test.each(attempts)("the trigger fires in a session that replays replication: %s", async (statement) => {
  const replaying = "set session_replication_role = replica";
  expect(await refusalOf(world.ownerUrl, replaying, statement)).toBe(restrictViolation);
});

test.each([
  "alter table billing.invoices disable trigger append_only",
  "drop trigger append_only on billing.invoices",
  "update billing.invoice_states set status = 'PAID'",
  "delete from billing.document_series",
  "insert into billing.document_series (series) values ('XX')",
  "delete from billing.customer_accounts",
])("the service's login role may not: %s", async (statement) => {
  expect(await refusalOf(world.databaseUrl("billing"), statement)).not.toBe("accepted");
});

const checkViolation = "23514";

test.each([
  ["a total that does not add up", "subtotal_minor = 1, tax_minor = 1, total_minor = 3", "invoice_adds_up"],
  ["a negative tax", "subtotal_minor = 5, tax_minor = -1, total_minor = 4", "invoices_tax_minor_check"],
])("an invoice with %s cannot be written", async (_what, changes, constraint) => {
  const values = Object.fromEntries(changes.split(", ").map((one) => one.split(" = ") as [string, string]));
  const insert = `insert into billing.invoices (id, series, number, source_kind, source_id, customer_id,
      subtotal_minor, tax_minor, total_minor, currency, issued_at, snapshot, snapshot_sha256)
    values (gen_random_uuid(), 'INV', 99, 'ORDER', gen_random_uuid(), gen_random_uuid(),
      ${values.subtotal_minor}, ${values.tax_minor}, ${values.total_minor}, 'USD', now(), '{}', sha256('{}'))`;
  await expect(world.sql(insert)).rejects.toMatchObject({ code: checkViolation, constraint });
});

test("an invoice cannot be credited beyond its total, nor a number be given twice", async () => {
  await expect(
    world.sql("update billing.invoice_settlements set credited_minor = credited_minor + 1"),
  ).rejects.toMatchObject({ code: checkViolation, constraint: "credited_at_most_the_invoice" });
  await expect(
    world.sql(`insert into billing.invoices (id, series, number, source_kind, source_id, customer_id, subtotal_minor,
        tax_minor, total_minor, currency, issued_at, snapshot, snapshot_sha256)
      select gen_random_uuid(), series, number, source_kind, source_id, customer_id, subtotal_minor, tax_minor,
        total_minor, currency, issued_at, snapshot, snapshot_sha256 from billing.invoices limit 1`),
  ).rejects.toMatchObject({ code: "23505", constraint: "invoices_series_number_key" });
});

test("after all attempts every document is as it was issued", async () => {
  expect(await documents()).toEqual(before);
});
