import { sql, type Tx } from "@quartermaster/messaging";
import { type Store, storeKey } from "../domain/plan-shipments";

interface OpenBatchRow {
  productId: number;
  locationId: string;
  isPerishable: boolean;
  id: string;
  available: number;
  unitCostE4: number;
  purchaseDate: string;
  expirationDate: string | null;
}

const openStatement = sql(
  "open-batches",
  `select b.product_id as "productId", b.location_id as "locationId", p.is_perishable as "isPerishable", b.id,
     b.available_quantity as available, b.unit_cost_e4 as "unitCostE4", b.purchase_date as "purchaseDate",
     b.expiration_date as "expirationDate"
   from (select distinct * from unnest($1::int[], $2::uuid[]) as w(product_id, location_id)) w
   join batches b using (product_id, location_id)
   join products p on p.id = b.product_id
   where b.available_quantity > 0`,
);

/**
 * The batches that still have something of these products at these locations, by (product, location). They stand still:
 * whoever changes a batch holds its level, and ours are locked.
 */
export async function openBatches(
  tx: Tx,
  places: readonly { productId: number; locationId: string }[],
): Promise<Map<string, Store>> {
  const rows = await tx.rows<OpenBatchRow>(openStatement, [
    places.map(({ productId }) => productId),
    places.map(({ locationId }) => locationId),
  ]);
  const stores = new Map<string, Store>();
  for (const { productId, locationId, isPerishable, ...batch } of rows) {
    const key = storeKey(productId, locationId);
    const store = stores.get(key) ?? { isPerishable, batches: [] };
    store.batches.push(batch);
    stores.set(key, store);
  }
  return stores;
}
