import { sql, type Tx } from "@quartermaster/messaging";
import type { Shelf, ShelfLevel, ShelfProduct } from "../domain/allocate";

// Two statements over one table each, and no join: a prepared statement is planned for ten products whatever the array
// holds, and before the tables are analyzed; a join of two lists of "ten" took 300 by 300 comparisons of 300 products.
const lockShelfStatement = sql(
  "lock-shelf",
  `select l.product_id as "productId", l.location_id as "locationId", l.on_hand - l.reserved as available,
     (select loc.code from locations loc
      where loc.id = l.location_id and loc.sellable and loc.deleted_at is null) as code
   from levels l where l.product_id = any($1::int[])
   order by l.product_id, l.location_id
   for update of l`,
);

const snapshotStatement = sql(
  "product-snapshots",
  `select p.id, p.sku, p.name, p.price_minor as "priceMinor", p.tax_code as "taxCode",
     p.deleted_at is not null as "isDeleted"
   from products p where p.id = any($1::int[])`,
);

/** Locks all levels of the products, and reads from which sellable locations they can be sold. */
export async function lockShelf(tx: Tx, productIds: readonly number[]): Promise<Shelf> {
  const shelf = new Map<number, ShelfProduct>();
  if (productIds.length === 0) return shelf;
  const [levels, products] = await Promise.all([
    tx.rows<LevelRow>(lockShelfStatement, [productIds]),
    tx.rows<ProductRow>(snapshotStatement, [productIds]),
  ]);
  for (const { id, sku, name, priceMinor, taxCode, isDeleted } of products) {
    if (!isDeleted) shelf.set(id, { id, sku, name, priceMinor, taxCode, levels: [] });
  }
  for (const { productId, locationId, available, code } of levels) {
    // What is locked and has no code lies where nothing is sold from.
    if (code !== null) shelf.get(productId)?.levels.push({ locationId, code, available });
  }
  for (const product of shelf.values()) if (product.levels.length > 1) product.levels.sort(byCode);
  return shelf;
}

type ProductRow = Omit<ShelfProduct, "levels"> & { isDeleted: boolean };
type LevelRow = Omit<ShelfLevel, "code"> & { productId: number; code: string | null };

function byCode(one: ShelfLevel, other: ShelfLevel): number {
  return one.code < other.code ? -1 : 1;
}

/** Locks all levels of the products, in the one order in which everybody locks them. */
export async function lockLevels(tx: Tx, productIds: readonly number[]): Promise<void> {
  await tx.rows(
    sql(
      "lock-levels",
      `select 1 from levels l where l.product_id = any($1::int[]) order by l.product_id, l.location_id for update`,
    ),
    [productIds],
  );
}

/** A signed change of one level. */
export interface LevelChange {
  productId: number;
  locationId: string;
  onHand: number;
  reserved: number;
}

const changeLevelsStatement = sql(
  "change-levels",
  `update levels l set on_hand = l.on_hand + c.on_hand, reserved = l.reserved + c.reserved
   from (
     select unnest($1::int[]) as product_id, unnest($2::uuid[]) as location_id, unnest($3::bigint[]) as on_hand,
       unnest($4::bigint[]) as reserved
   ) as c
   where l.product_id = c.product_id and l.location_id = c.location_id`,
);

/**
 * Writes levels that are locked: each once, with the sum of its changes. The table's checks guard once more that nothing
 * becomes negative and no more is reserved than there is: a change that would break that fails the transaction, so nobody has
 * to wait for a count of rows.
 */
export function changeLevels(tx: Tx, changes: readonly LevelChange[]): void {
  if (changes.length === 0) return;
  const sums = sumByLevel(changes);
  tx.write(changeLevelsStatement, [
    sums.map(({ productId }) => productId),
    sums.map(({ locationId }) => locationId),
    sums.map(({ onHand }) => onHand),
    sums.map(({ reserved }) => reserved),
  ]);
}

const addStatement = sql(
  "add-to-levels",
  `insert into levels as l (product_id, location_id, on_hand)
   select * from unnest($1::int[], $2::uuid[], $3::bigint[]) as c(product_id, location_id, on_hand)
   order by product_id, location_id
   on conflict (product_id, location_id) do update set on_hand = l.on_hand + excluded.on_hand`,
);

/** Adds what came in, opening the levels that are new. */
export async function addToLevels(
  tx: Tx,
  entries: readonly { productId: number; locationId: string; quantity: number }[],
): Promise<void> {
  const sums = sumByLevel(
    entries.map(({ productId, locationId, quantity }) => ({
      productId,
      locationId,
      onHand: quantity,
      reserved: 0,
    })),
  );
  await tx.rows(addStatement, [
    sums.map(({ productId }) => productId),
    sums.map(({ locationId }) => locationId),
    sums.map(({ onHand }) => onHand),
  ]);
}

function sumByLevel(changes: readonly LevelChange[]): LevelChange[] {
  const sums: LevelChange[] = [];
  // A product lies at few locations: looked through, they are found faster than by a key made of both.
  const sumsOf = new Map<number, LevelChange[]>();
  for (const { productId, locationId, onHand, reserved } of changes) {
    let mine = sumsOf.get(productId);
    if (!mine) {
      mine = [];
      sumsOf.set(productId, mine);
    }
    const sum = mine.find((one) => one.locationId === locationId);
    if (sum) {
      sum.onHand += onHand;
      sum.reserved += reserved;
    } else {
      const first = { productId, locationId, onHand, reserved };
      mine.push(first);
      sums.push(first);
    }
  }
  return sums;
}
