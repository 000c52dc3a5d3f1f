import { Fault, type Reader, sql, type Tx } from "@quartermaster/messaging";
import type { Buyer, CustomerView } from "../domain/customer";

interface Columns {
  id: string;
  name: string;
  document_type: CustomerView["documentType"];
  document_number: string | null;
  address: string | null;
  phone: string | null;
  email: string | null;
  kind: CustomerView["kind"];
  payment_terms: CustomerView["paymentTerms"];
  credit_limit_minor: number;
  meter_rate_minor: number | null;
  last_meter_reading: string | null;
  status: CustomerView["status"];
  version: number;
  created_at: string;
  created_by: string | null;
  updated_at: string;
  updated_by: string | null;
}

export const customerColumns = `id, name, document_type, document_number, address, phone, email, kind, payment_terms,
  credit_limit_minor, meter_rate_minor, last_meter_reading, status, version, created_at, created_by, updated_at,
  updated_by`;

const insertRows = sql(
  "customers-insert",
  `insert into customers (id, name, document_type, document_number, address, phone, email, kind, payment_terms,
     credit_limit_minor, meter_rate_minor, last_meter_reading, status, created_at, created_by, updated_at, updated_by)
   select id, name, document_type, document_number, address, phone, email, kind, payment_terms, credit_limit,
     meter_rate, last_reading, status, at, by, at, by
   from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
     $9::text[], $10::bigint[], $11::bigint[], $12::numeric[], $13::text[], $14::timestamptz[], $15::text[])
     as c (id, name, document_type, document_number, address, phone, email, kind, payment_terms, credit_limit,
       meter_rate, last_reading, status, at, by)
   order by id
   on conflict do nothing
   returning id`,
);

/** Writes new customers; answers the ids that were written. The others' id, email or document is taken. */
export async function insertCustomers(tx: Tx, customers: readonly CustomerView[]): Promise<Set<string>> {
  if (customers.length === 0) return new Set();
  const rows = await tx.rows<{ id: string }>(insertRows, [
    customers.map((one) => one.id),
    customers.map((one) => one.name),
    customers.map((one) => one.documentType),
    customers.map((one) => one.documentNumber),
    customers.map((one) => one.address),
    customers.map((one) => one.phone),
    customers.map((one) => one.email),
    customers.map((one) => one.kind),
    customers.map((one) => one.paymentTerms),
    customers.map((one) => one.creditLimitMinor),
    customers.map((one) => one.meterRateMinor),
    customers.map((one) => one.lastMeterReading),
    customers.map((one) => one.status),
    customers.map((one) => one.createdAt),
    customers.map((one) => one.createdBy),
  ]);
  return new Set(rows.map((row) => row.id));
}

const updateRow = sql(
  "customers-update",
  `update customers set name = $2, document_type = $3, document_number = $4, address = $5, phone = $6, email = $7,
     kind = $8, payment_terms = $9, credit_limit_minor = $10, meter_rate_minor = $11, last_meter_reading = $12,
     status = $13, version = $14, updated_at = $15, updated_by = $16
   where id = $1 and version = $14 - 1
     and not exists (select from customers o where o.id <> $1 and o.email = $7)
     and not exists (select from customers o where o.id <> $1 and o.document_type = $3 and o.document_number = $4)
   returning id`,
);

const uniqueViolation = "23505";

/**
 * Writes a locked customer as it now is; false when another customer has its email or document. One that takes them at
 * the same moment makes the batch try again: then it is seen.
 */
export async function updateCustomer(tx: Tx, one: CustomerView): Promise<boolean> {
  const writing = tx.rows(updateRow, [
    one.id,
    one.name,
    one.documentType,
    one.documentNumber,
    one.address,
    one.phone,
    one.email,
    one.kind,
    one.paymentTerms,
    one.creditLimitMinor,
    one.meterRateMinor,
    one.lastMeterReading,
    one.status,
    one.version,
    one.updatedAt,
    one.updatedBy,
  ]);
  try {
    return (await writing).length === 1;
  } catch (error) {
    if ((error as { code?: string }).code !== uniqueViolation) throw error;
    throw new Fault("database", "an email or document was taken in the meantime", { cause: error });
  }
}

const findRows = sql(
  "customers-find",
  `select ${customerColumns} from customers where id = any($1::uuid[]) and deleted_at is null`,
);
const lockRows = sql(
  "customers-lock",
  `select ${customerColumns} from customers where id = any($1::uuid[]) and deleted_at is null order by id for update`,
);

export async function findCustomers(db: Reader, ids: readonly string[]): Promise<Map<string, CustomerView>> {
  if (ids.length === 0) return new Map();
  return byId(await db.rows<Columns>(findRows, [ids]));
}

const buyerRows = sql(
  "customers-buyers",
  `select id, name, document_type, document_number, address, email, payment_terms, credit_limit_minor, status
   from customers where id = any($1::uuid[]) and deleted_at is null`,
);

/** What an order needs of its customer. It is read for every batch of orders, so nothing else is read with it. */
export async function findBuyers(db: Reader, ids: readonly string[]): Promise<Map<string, Buyer>> {
  if (ids.length === 0) return new Map();
  const rows = await db.rows<Columns>(buyerRows, [ids]);
  return new Map(
    rows.map((row) => [
      row.id,
      {
        status: row.status,
        snapshot: {
          id: row.id,
          name: row.name,
          documentType: row.document_type,
          documentNumber: row.document_number,
          address: row.address,
          email: row.email,
          paymentTerms: row.payment_terms,
          creditLimitMinor: row.credit_limit_minor,
        },
      },
    ]),
  );
}

/** Locked in the order of their ids. */
export async function lockCustomers(tx: Tx, ids: readonly string[]): Promise<Map<string, CustomerView>> {
  return byId(await tx.rows<Columns>(lockRows, [ids]));
}

export interface CustomerFilter {
  readonly id: string | null;
  readonly q: string | null;
  readonly after: string | null;
  readonly limit: number;
}

const listRows = sql(
  "customers-list",
  `select ${customerColumns} from customers
   where deleted_at is null and ($1::uuid is null or id = $1) and ($3::uuid is null or id > $3)
     and ($2::text is null or strpos(lower(name), lower($2)) > 0 or strpos(email, lower($2)) > 0
       or document_number = $2)
   order by id limit $4`,
);

/** Customers by id, at most `limit` after the one named. `q` is looked for in name and email, or is a document number. */
export async function listCustomers(db: Reader, filter: CustomerFilter): Promise<CustomerView[]> {
  const rows = await db.rows<Columns>(listRows, [filter.id, filter.q, filter.after, filter.limit]);
  return rows.map(viewOf);
}

function byId(rows: readonly Columns[]): Map<string, CustomerView> {
  return new Map(rows.map((row) => [row.id, viewOf(row)]));
}

function viewOf(row: Columns): CustomerView {
  return {
    id: row.id,
    name: row.name,
    documentType: row.document_type,
    documentNumber: row.document_number,
    address: row.address,
    phone: row.phone,
    email: row.email,
    kind: row.kind,
    paymentTerms: row.payment_terms,
    creditLimitMinor: row.credit_limit_minor,
    meterRateMinor: row.meter_rate_minor,
    lastMeterReading: row.last_meter_reading,
    status: row.status,
    version: row.version,
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  };
}
