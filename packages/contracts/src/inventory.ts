import { z } from "zod";
import { command, event, query } from "./contract";
import {
  AmountMinor,
  CostE4,
  Day,
  decimalText,
  Flag,
  Id,
  linesPerOrderMax,
  Name,
  OrderLines,
  Page,
  ProductId,
  pageOf,
  Quantity,
  quantityMax,
  Stamps,
  TaxCode,
  Text,
  Time,
  Version,
} from "./fields";

const Stock = z.int().min(0).max(quantityMax);
const Sku = z.string().trim().min(1).max(64);
const LocationCode = z.string().trim().min(1).max(40);
export const LocationType = z.enum(["WAREHOUSE", "DEPOT", "CONSIGNEE", "VEHICLE", "QUARANTINE"]);

const ProductFields = z.object({
  sku: Sku,
  name: Name,
  description: Text.nullable(),
  category: Name.nullable(),
  unitMeasure: z.string().trim().min(1).max(20),
  /** The size of one unit in its measure, as a decimal string: "12.5" kg. */
  unitValue: decimalText(/^\d{1,9}(\.\d{1,4})?$/),
  isPerishable: z.boolean(),
  expirationDate: Day.nullable(),
  priceMinor: AmountMinor,
  suggestedPriceMinor: AmountMinor.nullable(),
  taxCode: TaxCode,
});

/** `stockQuantity` is what can be sold now: the available sum over sellable locations. */
export const Product = ProductFields.extend({
  id: ProductId,
  stockQuantity: z.int().min(0),
  version: Version,
}).extend(Stamps.shape);

const optionalFields = ProductFields.omit({ sku: true, name: true, priceMinor: true }).partial();

export const CreateProduct = command("inventory.create-product.v1", {
  about: "Creates a product; a stockQuantity above 0 is received as opening stock at the default location.",
  ask: optionalFields.extend({
    sku: Sku,
    name: Name,
    priceMinor: AmountMinor,
    stockQuantity: Stock.default(0),
    /** Cost of one unit of the opening stock. */
    unitCostE4: CostE4.default(0),
  }),
  answer: Product,
  // bad_request: quantity times unit cost is beyond the exact integers of a double.
  refusals: ["sku_taken", "bad_request"],
});

/** A field that is absent stays as it is. `expectedVersion` comes from If-Match. */
export const ChangeProduct = command("inventory.change-product.v1", {
  about: "Changes a product's own fields; a price change is kept in the price history with its reason.",
  ask: ProductFields.partial().extend({
    id: ProductId,
    expectedVersion: Version.optional(),
    priceReason: Text.optional(),
    stockQuantity: z.unknown().optional(),
  }),
  answer: Product,
  refusals: ["not_found", "sku_taken", "version_conflict", "use_adjustment"],
});

export const GetProduct = query("inventory.product.v1", {
  about: "One product by id.",
  ask: z.object({ id: z.coerce.number().pipe(ProductId) }),
  answer: Product,
  refusals: ["not_found"],
});

export const ListProducts = query("inventory.products.v1", {
  about: "Products by id; `q` searches name and SKU.",
  ask: Page.extend({
    inStock: Flag.optional(),
    category: Name.optional(),
    q: z.string().trim().min(1).max(100).optional(),
    includeDeleted: Flag.optional(),
  }),
  answer: pageOf(Product),
  refusals: ["bad_request"],
});

export const PriceChange = z.object({
  id: Id,
  productId: ProductId,
  oldPriceMinor: AmountMinor.nullable(),
  newPriceMinor: AmountMinor,
  reason: Text.nullable(),
  changedBy: z.string().nullable(),
  changedAt: Time,
});

export const ListPriceHistory = query("inventory.price-history.v1", {
  about: "A product's prices, newest first.",
  ask: Page.extend({ productId: z.coerce.number().pipe(ProductId) }),
  answer: pageOf(PriceChange),
  refusals: ["not_found", "bad_request"],
});

export const Location = Stamps.extend({
  id: Id,
  code: LocationCode,
  name: Name,
  type: LocationType,
  version: Version,
});

export const CreateLocation = command("inventory.create-location.v1", {
  about: "Opens a location.",
  ask: z.object({ code: LocationCode, name: Name, type: LocationType }),
  answer: Location,
  refusals: ["code_taken"],
});

export const ListLocations = query("inventory.locations.v1", {
  about: "Locations by code, of one type if asked.",
  ask: Page.extend({ type: LocationType.optional() }),
  answer: pageOf(Location),
  refusals: ["bad_request"],
});

export const Level = z.object({
  productId: ProductId,
  sku: Sku,
  productName: Name,
  locationId: Id,
  locationCode: LocationCode,
  onHand: z.int(),
  reserved: z.int(),
  available: z.int(),
});

export const ListStock = query("inventory.stock.v1", {
  about: "Stock levels per product and location: on hand, reserved, available.",
  ask: Page.extend({
    productId: z.coerce.number().pipe(ProductId).optional(),
    sku: Sku.optional(),
    location: LocationCode.optional(),
  }),
  answer: pageOf(Level),
  refusals: ["bad_request"],
});

export const MovementType = z.enum(["ENTRY", "EXIT", "ADJUSTMENT", "TRANSFER"]);

/** A signed quantity: what comes in is positive. Movements are never edited; levels and batches follow from them. */
export const Movement = z.object({
  id: Id,
  type: MovementType,
  reason: z.string(),
  productId: ProductId,
  locationId: Id,
  quantity: z.int(),
  unitPriceMinor: AmountMinor.nullable(),
  totalPriceMinor: z.int().nullable(),
  unitCostE4: CostE4.nullable(),
  totalCostE4: z.int().nullable(),
  supplierId: Id.nullable(),
  customerId: Id.nullable(),
  referenceType: z.string().nullable(),
  referenceId: z.string().nullable(),
  notes: Text.nullable(),
  createdAt: Time,
  createdBy: z.string().nullable(),
});

export const ListMovements = query("inventory.movements.v1", {
  about: "Movements, newest first.",
  ask: Page.extend({
    productId: z.coerce.number().pipe(ProductId).optional(),
    location: LocationCode.optional(),
    type: MovementType.optional(),
  }),
  answer: pageOf(Movement),
  refusals: ["bad_request"],
});

export const Batch = z.object({
  id: Id,
  productId: ProductId,
  locationId: Id,
  initialQuantity: z.int(),
  availableQuantity: z.int(),
  /** Null for who may not see costs. */
  unitCostE4: CostE4.nullable(),
  purchaseDate: Day,
  expirationDate: Day.nullable(),
  supplierId: Id.nullable(),
  entryReference: z.string().nullable(),
  createdAt: Time,
});

export const ListBatches = query("inventory.batches.v1", {
  about: "Batches (lots), oldest first.",
  ask: Page.extend({
    productId: z.coerce.number().pipe(ProductId).optional(),
    location: LocationCode.optional(),
  }),
  answer: pageOf(Batch),
  refusals: ["bad_request"],
});

/** The product as it was when the stock was reserved; the order's line is frozen from it. */
export const ReservedLine = z.object({
  productId: ProductId,
  quantity: Quantity,
  sku: Sku,
  productName: Name,
  unitPriceMinor: AmountMinor,
  taxCode: TaxCode,
});

/** All lines or none. The lines' products are distinct: the asker has added up duplicates. */
export const ReserveStock = command("inventory.reserve-stock.v1", {
  about: "Asked by orders' saga: holds every line of an order, or refuses with what is available per line.",
  ask: z.object({ orderId: Id, lines: OrderLines, location: LocationCode.optional() }),
  answer: z.object({ lines: z.array(ReservedLine).min(1).max(linesPerOrderMax) }),
  refusals: ["insufficient_stock", "unknown_product", "unknown_location", "fenced"],
});

/** The undo of ReserveStock. A second release answers an empty list. Safe when nothing was reserved: it leaves a tombstone that refuses a late reservation. */
export const ReleaseStock = command("inventory.release-stock.v1", {
  about: "Asked by orders' saga: lets go of what an order still holds; a later reservation for it is fenced.",
  ask: z.object({ orderId: Id }),
  answer: z.object({ released: z.array(z.object({ productId: ProductId, quantity: Quantity })) }),
});

/** Asked when an order ships. Without `lines`, all that the order still holds. */
export const ConsumeStock = command("inventory.consume-stock.v1", {
  about: "Asked by orders: turns held stock into an EXIT (oldest batches first), wholly or per line.",
  ask: z.object({ orderId: Id, shipmentId: Id, lines: OrderLines.optional(), customerId: Id.optional() }),
  answer: z.object({
    lines: z.array(z.object({ productId: ProductId, quantity: Quantity, totalCostE4: z.int().min(0) })),
  }),
  refusals: ["not_found", "insufficient_stock", "fenced"],
});

const ProductEventFields = Product.omit({
  createdAt: true,
  createdBy: true,
  updatedAt: true,
  updatedBy: true,
});

export const ProductCreated = event("inventory.product-created.v1", {
  about: "Product created",
  entity: "product",
  action: "CREATE",
  fields: ProductEventFields,
});

export const ProductChanged = event("inventory.product-changed.v1", {
  about: "Product changed",
  entity: "product",
  action: "UPDATE",
  fields: ProductEventFields.extend({ priceReason: Text }),
});

export const LocationCreated = event("inventory.location-created.v1", {
  about: "Location opened",
  entity: "location",
  action: "CREATE",
  fields: Location.pick({ id: true, code: true, name: true, type: true, version: true }),
});

export const StockMoved = event("inventory.stock-moved.v1", {
  about: "Stock moved",
  entity: "product",
  action: "COMMAND",
  fields: Movement.omit({ createdAt: true, createdBy: true }),
});

const Held = z.array(z.object({ productId: ProductId, locationId: Id, quantity: Quantity }));

// `new.lines` is what the event is about: reserved, released, shipped. `old.lines` is what the order held before it.
export const StockReserved = event("inventory.stock-reserved.v1", {
  about: "Stock reserved for an order",
  entity: "reservation",
  action: "CREATE",
  fields: z.object({ orderId: Id, lines: Held }),
});

export const StockReleased = event("inventory.stock-released.v1", {
  about: "Reserved stock released",
  entity: "reservation",
  action: "UPDATE",
  fields: z.object({ orderId: Id, lines: Held }),
});

export const StockConsumed = event("inventory.stock-consumed.v1", {
  about: "Reserved stock shipped",
  entity: "reservation",
  action: "UPDATE",
  fields: z.object({ orderId: Id, shipmentId: Id, lines: Held }),
});
