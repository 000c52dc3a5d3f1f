import { ProveStock } from "@quartermaster/contracts";
import { shows, sql } from "@quartermaster/messaging";

// One statement, and so one moment: while orders are placed, what is kept and what is recomputed are of the same commit.
const proof = sql(
  "prove-stock",
  `with
     moved as (
       select product_id, location_id, sum(quantity)::bigint as quantity, count(*) as rows from movements group by 1, 2
     ),
     lots as (
       select product_id, location_id, sum(available_quantity)::bigint as quantity from batches group by 1, 2
     ),
     held as (
       select product_id, location_id, sum(quantity - consumed)::bigint as quantity, count(*) as rows
       from reservation_lines where state = 'HELD' group by 1, 2
     ),
     shelves as (
       select product_id, location_id, l.on_hand, l.reserved, coalesce(moved.quantity, 0) as moved,
         coalesce(lots.quantity, 0) as in_lots, coalesce(held.quantity, 0) as held
       from levels l
         full join moved using (product_id, location_id)
         full join lots using (product_id, location_id)
         full join held using (product_id, location_id)
     ),
     drawn as (
       select b.id, b.product_id, b.available_quantity, coalesce(sum(m.quantity), 0)::bigint as quantity
       from batches b left join batch_movements m on m.batch_id = b.id group by b.id
     ),
     in_parts as (
       select m.id, m.product_id, m.quantity, coalesce(sum(p.quantity), 0)::bigint as parts
       from movements m left join batch_movements p on p.movement_id = m.id group by m.id
     ),
     differences as (
       select 'on hand, by movements' as what, product_id, location_id as id, on_hand as kept, moved as recomputed
       from shelves where on_hand is distinct from moved
       union all
       select 'on hand, by batches', product_id, location_id, on_hand, in_lots from shelves
       where on_hand is distinct from in_lots
       union all
       select 'reserved, by held lines', product_id, location_id, reserved, held from shelves
       where reserved is distinct from held
       union all
       select 'batch, by its movements', product_id, id, available_quantity, quantity from drawn
       where available_quantity <> quantity
       union all
       select 'movement, by its batches', product_id, id, quantity, parts from in_parts where quantity <> parts
       union all
       select 'reservation held, by its lines', null, r.order_id, (r.state = 'HELD')::int,
         (count(*) filter (where l.state = 'HELD') > 0)::int
       from reservations r left join reservation_lines l using (order_id)
       group by r.order_id, r.state
       having (r.state = 'HELD') <> (count(*) filter (where l.state = 'HELD') > 0)
       union all
       select 'line without its reservation', l.product_id, l.order_id, 0, 1 from reservation_lines l
       where not exists (select from reservations r where r.order_id = l.order_id)
     )
   select (select count(*) from levels)::int as levels,
     coalesce((select sum(rows) from moved), 0)::int as movements,
     coalesce((select sum(rows) from held), 0)::int as "heldLines",
     not exists (select from differences) as equal,
     coalesce((select jsonb_agg(shown) from (
       select what, product_id as "productId", id, kept, recomputed from differences
       order by what, product_id, id limit $1) as shown), '[]') as differences`,
);

interface Proof {
  levels: number;
  movements: number;
  heldLines: number;
  equal: boolean;
  differences: {
    what: string;
    productId: number | null;
    id: string;
    kept: number | null;
    recomputed: number | null;
  }[];
}

/** RELIABILITY.md's I1 from the inside: levels and batches are recomputed from the movements and the reservations. */
export const proveStock = shows(ProveStock, async (db, { limit }) => {
  const [row] = await db.rows<Proof>(proof, [limit]);
  if (!row) throw new Error("the proof has no row");
  const { equal, levels, movements, heldLines, differences } = row;
  return { equal, levels, movements, heldLines, differences };
});
