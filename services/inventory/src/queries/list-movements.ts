import { Id, ListMovements, type Movement } from "@quartermaster/contracts";
import { reply } from "@quartermaster/messaging";
import { queries } from "@quartermaster/process";
import { z } from "zod";
import { iso } from "../store/columns";
import { pageOf } from "./page";
import { maySeeCosts, onlySeenLocations } from "./sight";

const columns = (withCosts: boolean) => `m.id, m.type, m.reason, m.product_id as "productId",
  m.location_id as "locationId", m.quantity, m.unit_price_minor as "unitPriceMinor",
  m.total_price_minor as "totalPriceMinor", ${withCosts ? "m.unit_cost_e4" : "null::bigint"} as "unitCostE4",
  ${withCosts ? "m.total_cost_e4" : "null::bigint"} as "totalCostE4", m.supplier_id as "supplierId",
  m.customer_id as "customerId", m.reference_type as "referenceType", m.reference_id as "referenceId", m.notes,
  ${iso("m.created_at")} as "createdAt", m.created_by as "createdBy"`;

export const listMovements = reply(ListMovements, async (db, ask, meta) => {
  const query = queries("movements as m").select(queries.raw(columns(maySeeCosts(meta))));
  if (ask.productId !== undefined) query.where("m.product_id", ask.productId);
  if (ask.type !== undefined) query.where("m.type", ask.type);
  await onlySeenLocations(db, query, "m.location_id", { code: ask.location, meta });
  // Ids are v7 uuids, so their order is that of time.
  return pageOf<z.infer<typeof Movement>, [string]>(db, query, {
    ...ask,
    after: ask.after,
    columns: ["m.id"],
    order: "desc",
    key: z.tuple([Id]),
    keyOf: ({ id }) => [id],
  });
});
