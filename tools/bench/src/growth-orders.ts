import type { Client } from "pg";
import { copyRecords } from "./growth-audit";
import { type CopiedTable, type Copying, copyRows, type Range, replacedText } from "./growth-clone";

export interface OrderHistory {
  readonly originals: number;
  readonly copying: Copying;
  /** What is inserted after the relays have passed it. */
  readonly outboxes: readonly CopiedTable[];
  readonly records: CopiedTable;
  readonly tables: readonly CopiedTable[];
  /** Makes the temporary tables, in another session too. */
  prepare(client: Client): Promise<void>;
  /** Moves counters, heads and projections to where the copies end. */
  finish(): Promise<void>;
}

/** An order says three things: stock reserved, invoice issued, order placed. Each by a source of its own. */
const sources = ["inventory", "billing", "orders"] as const;
const originalsMax = 1_000;

interface Start {
  readonly number: number;
  readonly position: number;
  readonly issuedAt: string;
  readonly inventory: number;
  readonly billing: number;
  readonly orders: number;
}

/**
 * `stem` is an order's id but for the last digit: the ids of the saga's commands differ in it alone. The copies' dates are
 * the last original's, so that the series' dates do not go back.
 */
const prepareSql = (start: Start) => `
  create temp table if not exists order_originals as
  select (row_number() over (order by i.number) - 1)::int as n, i.source_id as order_id, left(i.source_id::text, 35) as stem,
    i.id as invoice_id, 'INV-' || lpad(i.number::text, 6, '0') as number,
    to_char(i.issued_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as issued
  from billing.invoices i where i.number <= ${start.number} order by i.number limit ${originalsMax};
  create temp table if not exists order_events as
  select o.n, r.source, r.seq, row_number() over (partition by o.n order by r.position) as nth
  from audit.records r join order_originals o on r.record_id in (o.order_id::text, o.invoice_id::text)
  where r.position <= ${start.position};
  create index if not exists order_events_n on order_events (n);
  analyze order_originals, order_events`;

/** Copies of the first orders that there are, `wanted` in all. */
export async function ordersToCopy(client: Client, wanted: number): Promise<OrderHistory> {
  const { rows } = await client.query<Start & { count: number }>(
    `select s.last_number::int as number, (select position::int from audit.chain) as position,
       to_char(s.last_issued_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "issuedAt",
       ${sources.map((source) => `(select last_seq::int from ${source}.event_counter) as ${source}`).join(", ")}
     from billing.document_series s where s.series = 'INV'`,
  );
  const start = rows[0] as Start;
  const originals = Math.min(originalsMax, start.number);
  const copiesOfEach = Math.max(1, Math.round(wanted / originals));
  const copied = originals * copiesOfEach;
  const prepare = async (session: Client) => void (await session.query(prepareSql(start)));
  await prepare(client);
  const copying = copyingOf(start, copiesOfEach);
  return {
    originals,
    copying,
    prepare,
    tables: tablesOf(start, copying),
    records: {
      table: "audit.records",
      through: "order_events e on e.n = t.n",
      of: "r.source = e.source and r.epoch = 1 and r.seq = e.seq",
      columns: {
        position: `${start.position} + k.s * ${sources.length} + e.nth`,
        seq: `case r.source ${sources.map((source) => `when '${source}' then ${start[source]}`).join(" ")} end + k.s + 1`,
      },
    },
    outboxes: sources.map((source) => ({
      table: `${source}.outbox`,
      through: `order_events e on e.n = t.n and e.source = '${source}'`,
      of: "r.epoch = 1 and r.seq = e.seq",
      columns: { seq: `${start[source]} + k.s + 1` },
    })),
    finish: async () => void (await client.query(finishSql(start, copied, copiesOfEach))),
  };
}

function copyingOf({ number, issuedAt }: Start, copiesOfEach: number): Copying {
  return {
    originals: "order_originals",
    copiesOfEach,
    keys: {
      stem: "left(t.stem, 24) || lpad(to_hex(s), 11, '0')",
      invoice_id: "(left(t.invoice_id::text, 24) || lpad(to_hex(s), 12, '0'))::uuid",
      number: `'INV-' || lpad((${number} + s + 1)::text, greatest(6, length((${number} + s + 1)::text)), '0')`,
      issued: `'${issuedAt}'::text`,
    },
    replacements: [
      ["t.stem", "k.stem"],
      ["t.invoice_id::text", "k.invoice_id::text"],
      ["t.number", "k.number"],
      ["t.issued", "k.issued"],
    ],
    uuid: (
      column,
    ) => `case when left(${column}::text, 35) = t.stem then (k.stem || right(${column}::text, 1))::uuid
      when ${column} = t.invoice_id then k.invoice_id else ${column} end`,
  };
}

function tablesOf({ number }: Start, copying: Copying): readonly CopiedTable[] {
  const itsCommands = "r.id between (t.stem || '0')::uuid and (t.stem || 'f')::uuid";
  return [
    { table: "inventory.reservations", of: "r.order_id = t.order_id" },
    { table: "inventory.reservation_lines", of: "r.order_id = t.order_id" },
    { table: "inventory.inbox", of: itsCommands },
    { table: "orders.orders", of: "r.id = t.order_id" },
    { table: "orders.order_lines", of: "r.order_id = t.order_id" },
    { table: "orders.sagas", of: "r.id = t.order_id" },
    { table: "orders.inbox", of: itsCommands },
    {
      table: "billing.invoices",
      of: "r.id = t.invoice_id",
      columns: {
        number: `${number} + k.s + 1`,
        issued_at: "k.issued::timestamptz",
        snapshot_sha256: `sha256(convert_to(${replacedText(copying, "r.snapshot")}, 'UTF8'))`,
      },
    },
    { table: "billing.invoice_sources", of: "r.source_id = t.order_id" },
    { table: "billing.inbox", of: itsCommands },
  ];
}

const finishSql = (start: Start, copied: number, copiesOfEach: number) => `
  update billing.document_series set last_number = last_number + ${copied} where series = 'INV';
  update billing.customer_accounts a set open_minor = a.open_minor + i.total from (
    select customer_id, sum(total_minor) as total from billing.invoices where number > ${start.number} group by customer_id
  ) i where i.customer_id = a.customer_id;
  update inventory.levels l set reserved = l.reserved + h.quantity from (
    select product_id, location_id, sum(quantity) * ${copiesOfEach} as quantity
    from inventory.reservation_lines r join order_originals o on o.order_id = r.order_id group by product_id, location_id
  ) h where h.product_id = l.product_id and h.location_id = l.location_id;
  ${sources
    .map(
      (source) => `
  update ${source}.event_counter set last_seq = last_seq + ${copied};
  update ${source}.relay set seq = (select last_seq from ${source}.event_counter);
  update audit.heard set contiguous = (select last_seq from ${source}.event_counter) where source = '${source}';`,
    )
    .join("")}`;

export async function copyOrders(client: Client, history: OrderHistory, range: Range): Promise<void> {
  await client.query("begin");
  for (const table of history.tables) await copyRows(client, history.copying, table, range);
  await copyRecords(client, history.copying, history.records, range);
  await client.query("commit");
}
