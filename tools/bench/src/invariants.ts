import { Client } from "pg";

/** A query that answers with one row per thing that is wrong, and the sentence that says what it means. */
export interface Check {
  readonly says: string;
  readonly sql: string;
}

const monolithChecks: readonly Check[] = [
  {
    says: "a product's reserved quantity is not the sum of its open order lines",
    sql: `select p.id from products p
      left join (
        select l.product_id, sum(l.quantity) as held
        from order_lines l join orders o on o.id = l.order_id and o.status = 'PENDING'
        group by l.product_id
      ) h on h.product_id = p.id
      where p.reserved <> coalesce(h.held, 0)`,
  },
  {
    says: "an order has no invoice, or one with another total",
    sql: `select o.id from orders o left join invoices i on i.order_id = o.id
      where i.number is null or i.total_minor <> o.total_minor`,
  },
  {
    says: "an order's total is not the sum of its lines",
    sql: `select o.id from orders o
      left join (select order_id, sum(quantity * unit_price_minor) as total from order_lines group by order_id) l
        on l.order_id = o.id
      where o.subtotal_minor is distinct from l.total`,
  },
  {
    says: "invoice numbers do not run from 1 to n",
    sql: "select count(*) from invoices having count(*) <> coalesce(max(number), 0) or min(number) <> 1",
  },
  {
    says: "audit numbers do not run from 1 to n, one for each order",
    sql: `select count(*) from audit
      having count(*) <> coalesce(max(seq), 0) or min(seq) <> 1 or count(*) <> (select count(*) from orders)`,
  },
  {
    says: "the audit's hash chain is broken",
    sql: `select seq from (
        select seq, hash, new_values, coalesce(lag(hash) over (order by seq), '\\x') as before from audit
      ) a
      where hash <> sha256(before || int8send(seq) || convert_to(new_values, 'UTF8'))`,
  },
];

/** Runs every check over the schema `monolith`. */
export function brokenInMonolith(url: string): Promise<string[]> {
  return withClient(url, async (client) => {
    await client.query("set search_path = monolith");
    return failing(client, monolithChecks);
  });
}

/** The orders that a table holds; the condition is SQL. */
export function countOrders(url: string, table: string, condition = "true"): Promise<number> {
  return withClient(url, async (client) => {
    const { rows } = await client.query(`select count(*)::int as orders from ${table} where ${condition}`);
    return rows[0].orders;
  });
}

/** One sentence for each check that finds something. */
export async function failing(client: Client, checks: readonly Check[]): Promise<string[]> {
  const sentences: string[] = [];
  for (const { says, sql } of checks) {
    const { rows, rowCount } = await client.query(`select * from (${sql}) wrong limit 3`);
    if (rowCount) sentences.push(`${says}: ${JSON.stringify(rows)}`);
  }
  return sentences;
}

export async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
