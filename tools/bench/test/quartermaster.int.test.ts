import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  migrateServices,
  type PostgresServer,
  provisionRoles,
  provisionSchemas,
  serviceNames,
  startPostgres,
} from "@quartermaster/servers";
import { inDatabase, makeDatabase } from "../src/ground";
import { withClient } from "../src/invariants";
import { quartermasterRowChecks } from "../src/invariants-quartermaster";

const folder = mkdtempSync(join(tmpdir(), "quartermaster-bench-test-"));
let postgres: PostgresServer;

const main = "'01900000-0000-7000-8000-000000000001'";
const opening = `
  insert into inventory.products (sku, name, price_minor) values ('A', 'A', 100);
  insert into inventory.movements (id, type, reason, product_id, location_id, quantity)
    values (gen_random_uuid(), 'ENTRY', 'opening', 1, ${main}, 10);
  insert into inventory.batches (id, product_id, location_id, initial_quantity, available_quantity, unit_cost_e4, purchase_date, entry_movement_id)
    select gen_random_uuid(), 1, ${main}, 10, 10, 0, now(), id from inventory.movements;
  insert into inventory.levels (product_id, location_id, on_hand) values (1, ${main}, 10);
  alter table billing.invoices disable trigger all;
  alter table audit.records disable trigger all;
  alter table inventory.movements disable trigger all;`;

/** The rows of one order over `number` pieces, the way that the services leave them; its invoice has that number too. */
function orderRows(number: number): string {
  const id = `'00000000-0000-7000-8000-00000000000${number}'`;
  const events = ["inventory", "billing", "orders"].map(
    (source) => `
      update ${source}.event_counter set last_seq = ${number};
      insert into audit.records (position, source, epoch, seq, at, recorded_at, actor_kind, user_id, action, entity,
          record_id, version, event, description, hash)
        select 1 + coalesce(max(position), 0), '${source}', 1, ${number}, now(), now(), 'user', 'u', 'CREATE', 'order',
          ${id}, 1, 'e', 'd', sha256('') from audit.records;`,
  );
  return `
    insert into orders.orders (id, customer_id, status, total_amount_minor, shipping_amount_minor, tax_amount_minor,
        grand_total_minor, currency, invoice_id, invoice_number, created_at, updated_at)
      values (${id}, ${id}, 'PENDING', 100, 0, 9, 109, 'USD', ${id}, 'INV-00000${number}', now(), now());
    insert into orders.order_lines (order_id, line_no, product_id, sku, product_name, quantity, unit_price_minor,
        line_total_minor, tax_code) values (${id}, 1, 1, 'A', 'A', ${number}, 100, 100, 'STANDARD');
    insert into inventory.reservation_lines (order_id, line_no, product_id, location_id, quantity, state)
      values (${id}, 1, 1, ${main}, ${number}, 'HELD');
    update inventory.levels set reserved = reserved + ${number};
    insert into billing.invoices (id, series, number, source_kind, source_id, customer_id, subtotal_minor, tax_minor,
        total_minor, currency, issued_at, snapshot, snapshot_sha256)
      values (${id}, 'INV', ${number}, 'ORDER', ${id}, ${id}, 100, 9, 109, 'USD', now(), '{}', sha256('{}'));
    update billing.document_series set last_number = ${number} where series = 'INV';
    ${events.join("")}`;
}

async function run(url: string, statement: string): Promise<void> {
  await withClient(url, (client) => client.query(statement));
}

beforeAll(async () => {
  postgres = await startPostgres({ folder: join(folder, "postgres"), password: "postgres", durable: false });
  const admin = postgres.url("postgres");
  await makeDatabase(admin, "pattern");
  const pattern = inDatabase(admin, "pattern");
  await provisionRoles(pattern, {});
  await provisionSchemas(pattern);
  await migrateServices(pattern, serviceNames);
  await run(pattern, opening + orderRows(1) + orderRows(2));
}, 60_000);
afterAll(async () => {
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function copy(name: string): Promise<string> {
  await run(postgres.url("postgres"), `create database ${name} template pattern`);
  return inDatabase(postgres.url("postgres"), name);
}

test("orders keep every invariant, looked at in steps and as a whole", async () => {
  const url = await copy("sound");
  const rows = quartermasterRowChecks(url);
  expect(await rows.ofNewRows()).toEqual([]);
  await run(url, orderRows(3));
  expect(await rows.ofNewRows()).toEqual([]);
  expect(await rows.ofAllRows()).toEqual([]);
});

const third = "'00000000-0000-7000-8000-000000000003'";
const other = "'00000000-0000-7000-8000-00000000000f'";

// biome-ignore format: one line per fault
test.each([
  ["goods that no movement brought", "update inventory.levels set on_hand = 11", ["the movements of", "the batches of"]],
  ["a batch that shrank", "update inventory.batches set available_quantity = 9", ["the batches of"]],
  ["a level that reserves too little", "update inventory.levels set reserved = reserved - 1", ["a level's reserved"]],
  ["a reservation without an order", `update inventory.levels set reserved = reserved + 1; insert into inventory.reservation_lines values (${other}, 1, 1, ${main}, 1, 0, 'HELD')`, ["a level's reserved", "stock is held"]],
  ["an order that holds less", `update inventory.reservation_lines set quantity = 1 where order_id = ${third}; update inventory.levels set reserved = reserved - 2`, ["a PENDING order holds"]],
  ["a lost invoice", "delete from billing.invoices where number = 3", ["a level's reserved", "stock is held", "there are not as many", "the invoice numbers"]],
  ["an invoice over another sum", "update billing.invoices set tax_minor = 10, total_minor = 110 where number = 3", ["an invoice has no PENDING"]],
  ["a second invoice", `insert into billing.invoices select gen_random_uuid(), series, 4, source_kind, source_id, customer_id, subtotal_minor, tax_minor, total_minor, currency, issued_at, snapshot, snapshot_sha256 from billing.invoices where number = 3`, ["a level's reserved", "stock is held", "there are not as many", "an invoice has no PENDING", "an order has two", "the invoice numbers"]],
  ["a gap in the numbers", "update billing.invoices set number = 4 where number = 3", ["an invoice has no PENDING", "the invoice numbers"]],
  ["an order that was left", `update orders.orders set status = 'PLACING' where id = ${third}`, ["there are not as many", "an invoice has no PENDING", "an order was left"]],
  ["a message that was given up", "insert into orders.dead_letters (id, kind, subject, headers, body, reason) values (gen_random_uuid(), 'event', 's', '', '', 'r')", ["a message was given up"]],
  ["an event that was not recorded", "update orders.event_counter set last_seq = 4", ["the audit has not"]],
  ["a lost record", "delete from audit.records where position = 8", ["the audit has not", "the audit's positions"]],
  ["a record of nobody", "insert into audit.records select 10, 'nobody', epoch, seq, at, recorded_at, actor_kind, user_id, user_name, role, ip, action, entity, record_id, version, event, description, old_values, new_values, request_id, hash from audit.records where position = 9", ["the audit has not"]],
])("%s is found", async (fault, statement, sentences) => {
  const url = await copy(fault.replaceAll(/\W/g, "_"));
  const rows = quartermasterRowChecks(url);
  expect(await rows.ofNewRows()).toEqual([]);
  await run(url, orderRows(3) + statement);
  const broken = await rows.ofNewRows();
  expect(broken.map((sentence) => sentences.find((start) => sentence.startsWith(start)) ?? sentence)).toEqual(sentences);
  expect(await rows.ofAllRows()).not.toEqual([]);
});
