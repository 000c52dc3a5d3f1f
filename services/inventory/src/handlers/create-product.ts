import { type AskOf, CreateProduct, ProductCreated, StockMoved } from "@quartermaster/contracts";
import { type Command, done, handle, newId, type Outcome, refuse, type Tx } from "@quartermaster/messaging";
import { type ProductState, plainDecimal } from "../domain/change-products";
import { nameOf } from "../domain/name-of";
import { defaultLocationId } from "../store/locations";
import { type EntryRow, receiveStock } from "../store/movements";
import { insertPriceChanges, insertProducts, type NewProduct } from "../store/products";

type Create = Command<typeof CreateProduct>;
interface Created {
  product: ProductState;
  entry: EntryRow | undefined;
}

/** Products with their first price, and their opening stock as an entry at the default location. */
export const createProduct = handle(CreateProduct, async (tx, commands) => {
  const bySku = new Map<string, Create>();
  for (const command of commands) {
    if (bySku.has(command.ask.sku) || !isCostCountable(command.ask)) continue;
    bySku.set(command.ask.sku, command);
  }
  const created = await create(tx, bySku);
  return commands.map((command): Outcome<typeof CreateProduct> => {
    if (!isCostCountable(command.ask)) return refuse("bad_request", { field: "unitCostE4" });
    const made = bySku.get(command.ask.sku) === command ? created.get(command.ask.sku) : undefined;
    if (!made) return refuse("sku_taken", { sku: command.ask.sku });
    return done(made.product, ...eventsOf(made));
  });
});

/** Whether the opening stock's total cost is an exact integer of a double. */
function isCostCountable({ stockQuantity, unitCostE4 }: AskOf<typeof CreateProduct>): boolean {
  return Number.isSafeInteger(stockQuantity * unitCostE4);
}

async function create(tx: Tx, bySku: ReadonlyMap<string, Create>): Promise<Map<string, Created>> {
  const inserted = await insertProducts(tx, [...bySku.values()].map(newProductOf));
  const created = new Map<string, Created>();
  for (const product of inserted) {
    const command = bySku.get(product.sku) as Create;
    const whole = { ...product, stockQuantity: command.ask.stockQuantity };
    created.set(product.sku, { product: whole, entry: openingOf(whole, command) });
  }
  await insertPriceChanges(
    tx,
    inserted.map(({ id, priceMinor, createdBy }) => ({
      productId: id,
      oldPriceMinor: null,
      newPriceMinor: priceMinor,
      reason: null,
      by: createdBy ?? "",
    })),
  );
  await receiveStock(
    tx,
    [...created.values()].flatMap(({ entry }) => entry ?? []),
  );
  return created;
}

function newProductOf({ ask, meta }: Create): NewProduct {
  return {
    sku: ask.sku,
    name: ask.name,
    description: ask.description ?? null,
    category: ask.category ?? null,
    unitMeasure: ask.unitMeasure ?? "unit",
    unitValue: plainDecimal(ask.unitValue ?? "1"),
    isPerishable: ask.isPerishable ?? false,
    expirationDate: ask.expirationDate ?? null,
    priceMinor: ask.priceMinor,
    suggestedPriceMinor: ask.suggestedPriceMinor ?? null,
    taxCode: ask.taxCode ?? "STANDARD",
    by: nameOf(meta.actor),
  };
}

function openingOf(product: ProductState, { ask, meta }: Create): EntryRow | undefined {
  if (ask.stockQuantity === 0) return undefined;
  return {
    id: newId(),
    type: "ENTRY",
    reason: "opening",
    productId: product.id,
    locationId: defaultLocationId,
    quantity: ask.stockQuantity,
    unitPriceMinor: null,
    totalPriceMinor: null,
    unitCostE4: ask.unitCostE4,
    totalCostE4: ask.stockQuantity * ask.unitCostE4,
    supplierId: null,
    customerId: null,
    referenceType: null,
    referenceId: null,
    shipmentId: null,
    notes: null,
    expirationDate: product.expirationDate,
    by: nameOf(meta.actor),
  };
}

function eventsOf({ product, entry }: Created) {
  const { createdAt: _a, createdBy: _b, updatedAt: _c, updatedBy: _d, ...fields } = product;
  const entityId = String(product.id);
  const said = ProductCreated.of({ entityId, version: product.version, old: null, new: fields });
  if (!entry) return [said];
  const { shipmentId: _e, expirationDate: _f, by: _g, ...movement } = entry;
  return [said, StockMoved.of({ entityId, version: product.version, old: null, new: movement })];
}
