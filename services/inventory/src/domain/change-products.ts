import type { AnswerOf, AskOf, ChangeProduct } from "@quartermaster/contracts";

export type ProductState = AnswerOf<typeof ChangeProduct>;
type Ask = AskOf<typeof ChangeProduct>;

export interface ChangeAsk {
  ask: Ask;
  /** Who asks, as the record will show it. */
  by: string;
}

export type ProductChange =
  | { kind: "not_found" | "use_adjustment" | "sku_taken" }
  | { kind: "version_conflict"; version: number }
  | { kind: "unchanged"; product: ProductState }
  | { kind: "changed"; product: ProductState; old: Partial<ProductState>; new: Partial<ProductState> };

const editable = [
  "sku",
  "name",
  "description",
  "category",
  "unitMeasure",
  "unitValue",
  "isPerishable",
  "expirationDate",
  "priceMinor",
  "suggestedPriceMinor",
  "taxCode",
] as const satisfies (keyof ProductState & keyof Ask)[];

/**
 * Decides a batch of changes one after the other over the products as they stand, each seeing what the ones before it did.
 * A SKU that any product had at the start or took within the batch counts as taken.
 *
 * @param skuOwners the products that have the SKUs which are asked for, also deleted ones
 * @param now the moment that the changed products will show, ISO 8601
 */
export function changeProducts(
  products: ReadonlyMap<number, ProductState>,
  skuOwners: ReadonlyMap<string, number>,
  asks: readonly ChangeAsk[],
  now: string,
): ProductChange[] {
  const current = new Map(products);
  const owners = new Map(skuOwners);
  return asks.map(({ ask, by }) => {
    if (ask.stockQuantity !== undefined) return { kind: "use_adjustment" };
    const before = current.get(ask.id);
    if (!before) return { kind: "not_found" };
    if (ask.expectedVersion !== undefined && ask.expectedVersion !== before.version) {
      return { kind: "version_conflict", version: before.version };
    }
    const fresh = difference(before, ask);
    if (Object.keys(fresh).length === 0) return { kind: "unchanged", product: before };
    if (fresh.sku !== undefined) {
      if ((owners.get(fresh.sku) ?? before.id) !== before.id) return { kind: "sku_taken" };
      owners.set(fresh.sku, before.id);
    }
    const product = { ...before, ...fresh, version: before.version + 1, updatedAt: now, updatedBy: by };
    current.set(ask.id, product);
    const old = Object.fromEntries(Object.keys(fresh).map((key) => [key, before[key as keyof ProductState]]));
    return { kind: "changed", product, old, new: fresh };
  });
}

/** The canonical text of a decimal: "12.50" and "012.5" are both "12.5". Exact up to the 13 digits that the field has. */
export function plainDecimal(text: string): string {
  return String(Number(text));
}

function difference(before: ProductState, ask: Ask): Partial<ProductState> {
  const asked = ask.unitValue === undefined ? ask : { ...ask, unitValue: plainDecimal(ask.unitValue) };
  return Object.fromEntries(
    editable
      .filter((key) => asked[key] !== undefined && asked[key] !== before[key])
      .map((key) => [key, asked[key]]),
  );
}
