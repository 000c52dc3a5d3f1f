import { sql, type Tx } from "@quartermaster/messaging";
import type { Piece } from "../domain/piece";
import type { HeldLine } from "../domain/plan-shipments";

export type ReservationState = "HELD" | "CONSUMED" | "RELEASED";

export interface Reservation {
  orderId: string;
  state: ReservationState;
  version: number;
}

/** A reservation's row, locked by us; `isNew` when this transaction made it. */
export interface Claim extends Reservation {
  isNew: boolean;
}

// Waits for whoever is inserting the same order now, and locks the row of one that exists by writing it as it is: one
// statement in order of id, so that what is locked next can be asked for without waiting. Only a row that nobody has written
// before has no xmax.
const claimStatement = sql(
  "claim-reservations",
  `insert into reservations (order_id, state)
   select unnest($1::uuid[]) as id, $2::text order by id
   on conflict (order_id) do update set state = reservations.state
   returning order_id as "orderId", state, version, xmax = 0 as "isNew"`,
);

const lockStatement = sql(
  "lock-reservations",
  `select order_id as "orderId", state, version
   from reservations where order_id = any($1::uuid[]) order by order_id for update`,
);

/**
 * Locks the one row of each order, making it in this state where there is none. First of all locks in a transaction: it
 * is what keeps a do and its undo from passing each other.
 */
export async function claimReservations(
  tx: Tx,
  orderIds: readonly string[],
  state: "HELD" | "RELEASED",
): Promise<Map<string, Claim>> {
  const claims = await tx.rows<Claim>(claimStatement, [orderIds, state]);
  return new Map(claims.map((claim) => [claim.orderId, claim]));
}

/** Locks the rows of the orders that have one. */
export async function lockReservations(
  tx: Tx,
  orderIds: readonly string[],
): Promise<Map<string, Reservation>> {
  const rows = await tx.rows<Reservation>(lockStatement, [orderIds]);
  return new Map(rows.map((row) => [row.orderId, row]));
}

/** Takes back the claims of orders that were refused, so that they may be reserved later. */
export function dropClaims(tx: Tx, orderIds: readonly string[]): void {
  if (orderIds.length === 0) return;
  tx.write(sql("drop-claims", "delete from reservations where order_id = any($1::uuid[])"), [orderIds]);
}

const insertLinesStatement = sql(
  "insert-reservation-lines",
  `insert into reservation_lines (order_id, line_no, product_id, location_id, quantity, state)
   select unnest($1::uuid[]), unnest($2::int[]), unnest($3::int[]), unnest($4::uuid[]), unnest($5::bigint[]), 'HELD'`,
);

/** Writes what the orders hold. */
export function insertLines(tx: Tx, held: readonly { orderId: string; pieces: readonly Piece[] }[]): void {
  const orderIds: string[] = [];
  const lineNos: number[] = [];
  const productIds: number[] = [];
  const locationIds: string[] = [];
  const quantities: number[] = [];
  for (const { orderId, pieces } of held) {
    let lineNo = 0;
    for (const { productId, locationId, quantity } of pieces) {
      lineNo += 1;
      orderIds.push(orderId);
      lineNos.push(lineNo);
      productIds.push(productId);
      locationIds.push(locationId);
      quantities.push(quantity);
    }
  }
  if (orderIds.length === 0) return;
  tx.write(insertLinesStatement, [orderIds, lineNos, productIds, locationIds, quantities]);
}

const heldLinesStatement = sql(
  "held-lines",
  `select order_id as "orderId", line_no as "lineNo", product_id as "productId", location_id as "locationId",
     quantity - consumed as quantity
   from reservation_lines where order_id = any($1::uuid[]) and state = 'HELD' order by order_id, line_no`,
);

/** What the orders, whose rows are locked, still hold. */
export async function heldLines(tx: Tx, orderIds: readonly string[]): Promise<HeldLine[]> {
  return orderIds.length === 0 ? [] : tx.rows(heldLinesStatement, [orderIds]);
}

export interface ReservedRow {
  orderId: string;
  productId: number;
  quantity: number;
  sku: string;
  productName: string;
  unitPriceMinor: number;
  taxCode: "STANDARD" | "ZERO" | "EXEMPT";
}

/** All lines that were reserved for the orders, per product, as the answer to a repeated reservation. */
export async function reservedRows(tx: Tx, orderIds: readonly string[]): Promise<ReservedRow[]> {
  if (orderIds.length === 0) return [];
  return tx.rows(
    sql(
      "reserved-rows",
      `select r.order_id as "orderId", r.product_id as "productId", sum(r.quantity)::bigint as quantity,
         p.sku, p.name as "productName", p.price_minor as "unitPriceMinor", p.tax_code as "taxCode"
       from reservation_lines r join products p on p.id = r.product_id
       where r.order_id = any($1::uuid[])
       group by r.order_id, r.product_id, p.id order by r.order_id, min(r.line_no)`,
    ),
    [orderIds],
  );
}

/** Lets go of all that the orders hold, and marks them RELEASED. */
export function markReleased(tx: Tx, orderIds: readonly string[]): void {
  if (orderIds.length === 0) return;
  tx.write(
    sql(
      "mark-released",
      `with lines as (
         update reservation_lines set state = 'RELEASED' where order_id = any($1::uuid[]) and state = 'HELD'
       )
       update reservations set state = 'RELEASED', version = version + 1, updated_at = now()
       where order_id = any($1::uuid[])`,
    ),
    [orderIds],
  );
}

/** Adds what was shipped to the lines; an order of which nothing is held any more becomes CONSUMED. */
export function consumeLines(
  tx: Tx,
  consumed: readonly { orderId: string; lineNo: number; quantity: number }[],
  orders: readonly Reservation[],
): void {
  tx.write(
    sql(
      "consume-lines",
      `update reservation_lines l set consumed = l.consumed + c.quantity,
         state = case when l.consumed + c.quantity = l.quantity then 'CONSUMED' else 'HELD' end
       from (
         select order_id, line_no, sum(quantity)::bigint as quantity
         from unnest($1::uuid[], $2::int[], $3::bigint[]) as c(order_id, line_no, quantity) group by 1, 2
       ) c
       where l.order_id = c.order_id and l.line_no = c.line_no`,
    ),
    [
      consumed.map(({ orderId }) => orderId),
      consumed.map(({ lineNo }) => lineNo),
      consumed.map(({ quantity }) => quantity),
    ],
  );
  tx.write(
    sql(
      "mark-consumed",
      `update reservations r set state = c.state, version = c.version, updated_at = now()
       from unnest($1::uuid[], $2::text[], $3::int[]) as c(order_id, state, version)
       where r.order_id = c.order_id`,
    ),
    [
      orders.map(({ orderId }) => orderId),
      orders.map(({ state }) => state),
      orders.map(({ version }) => version),
    ],
  );
}
