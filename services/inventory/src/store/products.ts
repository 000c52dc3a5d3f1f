import { Fault, newId, type Reader, sql, type Tx } from "@quartermaster/messaging";
import type { ProductState } from "../domain/change-products";
import { iso, stampColumns } from "./columns";

/** A product's own columns, of a row called p. */
const ownColumns = `p.id, p.sku, p.name, p.description, p.category, p.unit_measure as "unitMeasure",
  trim_scale(p.unit_value)::text as "unitValue", p.is_perishable as "isPerishable",
  p.expiration_date as "expirationDate", p.price_minor as "priceMinor",
  p.suggested_price_minor as "suggestedPriceMinor", p.tax_code as "taxCode", p.version, ${stampColumns("p")}`;

/** What can be sold of the product p now: available over sellable locations. */
export const stockQuantity = `(
  select coalesce(sum(l.on_hand - l.reserved), 0)::bigint
  from levels l join locations loc on loc.id = l.location_id
  where l.product_id = p.id and loc.sellable)`;

/** A whole product as the contracts show it. */
export const productColumns = `${ownColumns}, ${stockQuantity} as "stockQuantity"`;

/** A product's fields in a jsonb array, named as the contracts name them. */
const recordset = `"unitMeasure" text, "unitValue" numeric, "isPerishable" boolean, "expirationDate" date,
  "priceMinor" bigint, "suggestedPriceMinor" bigint, "taxCode" text, "sku" text, "name" text, "description" text,
  "category" text, "by" text`;

export type NewProduct = Omit<
  ProductState,
  "id" | "version" | "stockQuantity" | "createdAt" | "createdBy" | "updatedAt" | "updatedBy"
> & { by: string };

// In order of SKU, so that two batches with the same ones wait for each other in one direction.
const insert = sql(
  "insert-products",
  `insert into products as p (sku, name, description, category, unit_measure, unit_value, is_perishable,
     expiration_date, price_minor, suggested_price_minor, tax_code, created_by, updated_by)
   select r.sku, r.name, r.description, r.category, r."unitMeasure", r."unitValue", r."isPerishable",
     r."expirationDate", r."priceMinor", r."suggestedPriceMinor", r."taxCode", r.by, r.by
   from jsonb_to_recordset($1::jsonb) as r(${recordset})
   order by r.sku
   on conflict (sku) do nothing
   returning ${ownColumns}`,
);

/** Inserts products with distinct SKUs. Those whose SKU was taken are missing from the answer. */
export async function insertProducts(
  tx: Tx,
  products: readonly NewProduct[],
): Promise<Omit<ProductState, "stockQuantity">[]> {
  return tx.rows(insert, [JSON.stringify(products)]);
}

// Movements and batches point at products: their foreign keys lock the row for key share, which a full lock would fight.
const lock = sql(
  "lock-products",
  `select ${productColumns}, ${iso("now()")} as "now"
   from products p where p.id = any($1::int[]) and p.deleted_at is null order by p.id
   for no key update of p`,
);

/** Locks the products that exist. `now` is the transaction's time. */
export async function lockProducts(
  tx: Tx,
  ids: readonly number[],
): Promise<{ products: Map<number, ProductState>; now: string }> {
  const rows = await tx.rows<ProductState & { now: string }>(lock, [ids]);
  const products = new Map(rows.map(({ now: _now, ...product }) => [product.id, product]));
  return { products, now: rows[0]?.now ?? new Date(0).toISOString() };
}

/** Which products have these SKUs, deleted ones included. */
export async function skuOwners(tx: Tx, skus: readonly string[]): Promise<Map<string, number>> {
  if (skus.length === 0) return new Map();
  const rows = await tx.rows<{ sku: string; id: number }>(
    sql("sku-owners", "select sku, id from products where sku = any($1::text[])"),
    [skus],
  );
  return new Map(rows.map(({ sku, id }) => [sku, id]));
}

const update = sql(
  "update-products",
  `update products p set sku = r.sku, name = r.name, description = r.description, category = r.category,
     unit_measure = r."unitMeasure", unit_value = r."unitValue", is_perishable = r."isPerishable",
     expiration_date = r."expirationDate", price_minor = r."priceMinor",
     suggested_price_minor = r."suggestedPriceMinor", tax_code = r."taxCode", version = r.version,
     updated_at = now(), updated_by = r."updatedBy"
   from jsonb_to_recordset($1::jsonb) as r(id integer, version integer, "updatedBy" text, ${recordset})
   where p.id = r.id`,
);

/** Writes products that are locked. A SKU that somebody took since it was looked up makes the batch try again. */
export async function updateProducts(tx: Tx, products: readonly ProductState[]): Promise<void> {
  if (products.length === 0) return;
  try {
    await tx.rows(update, [JSON.stringify(products)]);
  } catch (error) {
    if ((error as { constraint?: string }).constraint !== "products_sku_key") throw error;
    throw new Fault("database", "a SKU was taken in the meantime", { cause: error });
  }
}

export interface PriceChangeRow {
  productId: number;
  oldPriceMinor: number | null;
  newPriceMinor: number;
  reason: string | null;
  by: string;
}

const insertPrices = sql(
  "insert-price-history",
  `insert into price_history (id, product_id, old_price_minor, new_price_minor, reason, changed_by)
   select r.id, r."productId", r."oldPriceMinor", r."newPriceMinor", r.reason, r.by
   from jsonb_to_recordset($1::jsonb) as r(id uuid, "productId" integer, "oldPriceMinor" bigint,
     "newPriceMinor" bigint, reason text, by text)`,
);

/** Keeps what the prices were and are, in this order. */
export async function insertPriceChanges(tx: Tx, changes: readonly PriceChangeRow[]): Promise<void> {
  if (changes.length === 0) return;
  await tx.rows(insertPrices, [JSON.stringify(changes.map((change) => ({ id: newId(), ...change })))]);
}

/** One product that is not deleted. */
export async function findProduct(db: Reader, id: number): Promise<ProductState | undefined> {
  const [found] = await db.rows<ProductState>(
    sql("find-product", `select ${productColumns} from products p where p.id = $1 and p.deleted_at is null`),
    [id],
  );
  return found;
}
