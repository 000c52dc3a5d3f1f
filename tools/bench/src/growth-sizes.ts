import { serviceNames } from "@quartermaster/servers";
import { withClient } from "./invariants";

/** What a system holds, for whoever reads the figures. */
export interface Sizes {
  readonly products: number;
  readonly orders: number;
  readonly auditRecords: number;
  readonly databaseMb: number;
}

export function sizesOf(adminUrl: string): Promise<Sizes> {
  return withClient(adminUrl, async (client) => {
    const { rows } = await client.query<Sizes>(
      `select (select count(*)::int from inventory.products) as products, (select count(*)::int from orders.orders) as orders,
         (select count(*)::int from audit.records) as "auditRecords",
         (select round(sum(pg_total_relation_size(c.oid)) / 1e6)::int from pg_class c
          where c.relkind = 'r' and c.relnamespace::regnamespace::text = any($1::text[])) as "databaseMb"`,
      [serviceNames],
    );
    return rows[0] as Sizes;
  });
}

/** As text for the terminal. */
export function sizeText({ products, orders, auditRecords, databaseMb }: Sizes): string {
  const text = (count: number) => count.toLocaleString("en");
  return `The large system holds ${text(products)} products, ${text(orders)} orders, ${text(auditRecords)} audit records: ${text(databaseMb)} MB.`;
}
