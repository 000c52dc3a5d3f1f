import type { Client } from "pg";
import { copyRecords } from "./growth-audit";
import { type CopiedTable, type Copying, copyRows, type Range } from "./growth-clone";

export interface ProductHistory {
  readonly originals: number;
  /** Products that there are in the end; their ids run from 1. */
  readonly total: number;
  readonly copying: Copying;
  /** What is inserted after the relays have passed it. */
  readonly outboxes: readonly CopiedTable[];
  readonly records: CopiedTable;
  readonly tables: readonly CopiedTable[];
  /** Makes the temporary tables, in another session too. */
  prepare(client: Client): Promise<void>;
  /** Moves counters and heads to where the copies end. */
  finish(): Promise<void>;
}

/** Two events tell of a new product with stock: it was created, its stock came in. */
const eventsEach = 2;

const prepareSql = (originals: number) => `
  create temp table if not exists product_originals as
  select p.id - 1 as n, p.id as product_id, p.sku, p.name, m.id as movement_id, b.id as batch_id, h.id as price_id
  from inventory.products p
    join inventory.movements m on m.product_id = p.id join inventory.batches b on b.product_id = p.id
    join inventory.price_history h on h.product_id = p.id
  where p.id <= ${originals};
  create temp table if not exists product_events as
  select record_id::int - 1 as n, seq, row_number() over (partition by record_id order by seq) as nth
  from audit.records where source = 'inventory' and event in ('inventory.product-created.v1', 'inventory.stock-moved.v1')
    and record_id::int <= ${originals};
  analyze product_originals, product_events`;

/** Copies of all products that there are, which must have ids from 1 on, until there are `wanted`. */
export async function productsToCopy(client: Client, wanted: number): Promise<ProductHistory> {
  const { rows } = await client.query(
    `select (select count(*)::int from inventory.products) as originals, (select max(id) from inventory.products) as highest,
       (select last_seq::int from inventory.event_counter) as seq, (select position::int from audit.chain) as position`,
  );
  const { originals, highest, seq, position } = rows[0];
  if (originals !== highest) throw new Error("the products' ids do not run from 1 on");
  const copiesOfEach = Math.max(0, Math.ceil((wanted - originals) / originals));
  const prepare = async (session: Client) => void (await session.query(prepareSql(originals)));
  await prepare(client);
  const copied = originals * copiesOfEach;
  const copying = copyingOf(originals, copiesOfEach);
  const through = "product_events e on e.n = t.n";
  const numbered = { seq: `${seq} + k.s * ${eventsEach} + e.nth` };
  return {
    originals,
    total: originals + copied,
    copying,
    outboxes: [
      { table: "inventory.outbox", through, of: "r.epoch = 1 and r.seq = e.seq", columns: numbered },
    ],
    records: {
      table: "audit.records",
      through,
      of: "r.source = 'inventory' and r.epoch = 1 and r.seq = e.seq",
      columns: {
        ...numbered,
        position: `${position} + k.s * ${eventsEach} + e.nth`,
        record_id: "k.product_id::text",
      },
    },
    tables: productTables,
    prepare,
    finish: async () => {
      await client.query(`
        select setval(pg_get_serial_sequence('inventory.products', 'id'), ${originals + copied});
        update inventory.event_counter set last_seq = last_seq + ${copied * eventsEach};
        update inventory.relay set seq = (select last_seq from inventory.event_counter);
        update audit.heard set contiguous = (select last_seq from inventory.event_counter) where source = 'inventory';`);
    },
  };
}

function copyingOf(originals: number, copiesOfEach: number): Copying {
  const idOf = (column: string) => `(left(t.${column}::text, 24) || lpad(to_hex(s), 12, '0'))::uuid`;
  return {
    originals: "product_originals",
    copiesOfEach,
    keys: {
      product_id: `(${originals} + s + 1)::int`,
      sku: `'BENCH-' || lpad((${originals} + s + 1)::text, 6, '0')`,
      name: `'Bench product ' || (${originals} + s + 1)`,
      movement_id: idOf("movement_id"),
      batch_id: idOf("batch_id"),
      price_id: idOf("price_id"),
    },
    replacements: [
      [`'"entityId":"' || t.product_id || '"'`, `'"entityId":"' || k.product_id || '"'`],
      [`'"id":' || t.product_id || ','`, `'"id":' || k.product_id || ','`],
      [`'"productId":' || t.product_id || ','`, `'"productId":' || k.product_id || ','`],
      ["t.movement_id::text", "k.movement_id::text"],
      [`'"' || t.sku || '"'`, `'"' || k.sku || '"'`],
      [`'"' || t.name || '"'`, `'"' || k.name || '"'`],
    ],
    uuid: (column) => `case ${column} when t.movement_id then k.movement_id when t.batch_id then k.batch_id
      when t.price_id then k.price_id else ${column} end`,
  };
}

const ofProduct = { product_id: "k.product_id" };

const productTables: readonly CopiedTable[] = [
  {
    table: "inventory.products",
    of: "r.id = t.product_id",
    columns: { id: "k.product_id", sku: "k.sku", name: "k.name" },
  },
  { table: "inventory.price_history", of: "r.product_id = t.product_id", columns: ofProduct },
  { table: "inventory.movements", of: "r.product_id = t.product_id", columns: ofProduct },
  { table: "inventory.batches", of: "r.product_id = t.product_id", columns: ofProduct },
  { table: "inventory.batch_movements", of: "r.movement_id = t.movement_id" },
  { table: "inventory.levels", of: "r.product_id = t.product_id", columns: ofProduct },
];

export async function copyProducts(client: Client, history: ProductHistory, range: Range): Promise<void> {
  await client.query("begin");
  for (const table of history.tables) await copyRows(client, history.copying, table, range);
  await copyRecords(client, history.copying, history.records, range);
  await client.query("commit");
}
