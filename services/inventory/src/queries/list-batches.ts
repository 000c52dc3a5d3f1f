import { type Batch, Day, Id, ListBatches } from "@quartermaster/contracts";
import { reply } from "@quartermaster/messaging";
import { queries } from "@quartermaster/process";
import { z } from "zod";
import { iso } from "../store/columns";
import { pageOf } from "./page";
import { maySeeCosts, onlySeenLocations } from "./sight";

const columns = (withCosts: boolean) => `b.id, b.product_id as "productId", b.location_id as "locationId",
  b.initial_quantity as "initialQuantity", b.available_quantity as "availableQuantity",
  ${withCosts ? "b.unit_cost_e4" : "null::bigint"} as "unitCostE4", b.purchase_date as "purchaseDate",
  b.expiration_date as "expirationDate", b.supplier_id as "supplierId", b.entry_reference as "entryReference",
  ${iso("b.created_at")} as "createdAt"`;

export const listBatches = reply(ListBatches, async (db, ask, meta) => {
  const query = queries("batches as b").select(queries.raw(columns(maySeeCosts(meta))));
  if (ask.productId !== undefined) query.where("b.product_id", ask.productId);
  await onlySeenLocations(db, query, "b.location_id", { code: ask.location, meta });
  return pageOf<z.infer<typeof Batch>, [string, string]>(db, query, {
    ...ask,
    after: ask.after,
    columns: ["b.purchase_date", "b.id"],
    order: "asc",
    // Postgres has no year 0.
    key: z.tuple([Day.refine((day) => day >= "0001"), Id]),
    keyOf: ({ purchaseDate, id }) => [purchaseDate, id],
  });
});
