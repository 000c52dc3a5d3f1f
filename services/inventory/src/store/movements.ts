import { newId, sql, type Tx } from "@quartermaster/messaging";
import type { Draw } from "../domain/draw-batches";
import { addToLevels } from "./levels";

export interface MovementRow {
  id: string;
  type: "ENTRY" | "EXIT" | "ADJUSTMENT" | "TRANSFER";
  reason: string;
  productId: number;
  locationId: string;
  /** Signed: what comes in is positive. */
  quantity: number;
  unitPriceMinor: number | null;
  totalPriceMinor: number | null;
  unitCostE4: number | null;
  totalCostE4: number | null;
  supplierId: string | null;
  customerId: string | null;
  referenceType: string | null;
  referenceId: string | null;
  shipmentId: string | null;
  notes: string | null;
  by: string;
}

const insertMovementsStatement = sql(
  "insert-movements",
  `insert into movements (id, type, reason, product_id, location_id, quantity, unit_price_minor, total_price_minor,
     unit_cost_e4, total_cost_e4, supplier_id, customer_id, reference_type, reference_id, shipment_id, notes, created_by)
   select r.id, r.type, r.reason, r."productId", r."locationId", r.quantity, r."unitPriceMinor", r."totalPriceMinor",
     r."unitCostE4", r."totalCostE4", r."supplierId", r."customerId", r."referenceType", r."referenceId",
     r."shipmentId", r.notes, r.by
   from jsonb_to_recordset($1::jsonb) as r(id uuid, type text, reason text, "productId" integer, "locationId" uuid,
     quantity bigint, "unitPriceMinor" bigint, "totalPriceMinor" bigint, "unitCostE4" bigint, "totalCostE4" bigint,
     "supplierId" uuid, "customerId" uuid, "referenceType" text, "referenceId" text, "shipmentId" uuid, notes text,
     by text)`,
);

const insertBatchMovementsStatement = sql(
  "insert-batch-movements",
  `insert into batch_movements (movement_id, batch_id, quantity, unit_cost_e4)
   select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[])`,
);

async function insertMovements(tx: Tx, movements: readonly MovementRow[]): Promise<void> {
  await tx.rows(insertMovementsStatement, [JSON.stringify(movements)]);
}

async function insertBatchMovements(
  tx: Tx,
  rows: readonly { movementId: string; batchId: string; quantity: number; unitCostE4: number }[],
): Promise<void> {
  await tx.rows(insertBatchMovementsStatement, [
    rows.map(({ movementId }) => movementId),
    rows.map(({ batchId }) => batchId),
    rows.map(({ quantity }) => quantity),
    rows.map(({ unitCostE4 }) => unitCostE4),
  ]);
}

/** An ENTRY that is a batch of its own. */
export interface EntryRow extends MovementRow {
  type: "ENTRY";
  unitCostE4: number;
  totalCostE4: number;
  expirationDate: string | null;
}

const insertBatchesStatement = sql(
  "insert-batches",
  `insert into batches (id, product_id, location_id, initial_quantity, available_quantity, unit_cost_e4, purchase_date,
     expiration_date, supplier_id, entry_movement_id, entry_reference)
   select r."batchId", r."productId", r."locationId", r.quantity, r.quantity, r."unitCostE4",
     (now() at time zone 'utc')::date, r."expirationDate", r."supplierId", r.id, r."referenceId"
   from jsonb_to_recordset($1::jsonb) as r("batchId" uuid, "productId" integer, "locationId" uuid, quantity bigint,
     "unitCostE4" bigint, "expirationDate" date, "supplierId" uuid, id uuid, "referenceId" text)`,
);

/** Receives stock: level, movement and batch of each entry. Levels that exist are locked by it, in their order. */
export async function receiveStock(tx: Tx, entries: readonly EntryRow[]): Promise<void> {
  if (entries.length === 0) return;
  await addToLevels(tx, entries);
  await insertMovements(tx, entries);
  const batches = entries.map((entry) => ({ ...entry, batchId: newId() }));
  await tx.rows(insertBatchesStatement, [JSON.stringify(batches)]);
  await insertBatchMovements(
    tx,
    batches.map((batch) => ({ ...batch, movementId: batch.id })),
  );
}

/** A movement that takes out of batches. */
export interface DrawingRow extends MovementRow {
  draws: readonly Draw[];
}

const drawStatement = sql(
  "draw-batches",
  `update batches b set available_quantity = b.available_quantity - d.quantity
   from (
     select id, sum(quantity)::bigint as quantity from unnest($1::uuid[], $2::bigint[]) as d(id, quantity) group by id
   ) d
   where b.id = d.id`,
);

/** Writes movements with what they take out of which batch. The levels are locked, and changed by the caller. */
export async function issueStock(tx: Tx, movements: readonly DrawingRow[]): Promise<void> {
  if (movements.length === 0) return;
  await insertMovements(tx, movements);
  const draws = movements.flatMap(({ id, draws: some }) => some.map((draw) => ({ movementId: id, ...draw })));
  await tx.rows(drawStatement, [draws.map(({ batchId }) => batchId), draws.map(({ quantity }) => quantity)]);
  await insertBatchMovements(
    tx,
    draws.map((draw) => ({ ...draw, quantity: -draw.quantity })),
  );
}

export interface ShippedRow {
  shipmentId: string;
  productId: number;
  quantity: number;
  totalCostE4: number;
}

/** What these shipments have taken out already. */
export async function shippedBefore(tx: Tx, shipmentIds: readonly string[]): Promise<ShippedRow[]> {
  return tx.rows(
    sql(
      "shipped-before",
      `select shipment_id as "shipmentId", product_id as "productId", -quantity as quantity,
         total_cost_e4 as "totalCostE4"
       from movements where shipment_id = any($1::uuid[]) order by id`,
    ),
    [shipmentIds],
  );
}
