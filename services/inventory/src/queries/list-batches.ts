import { type Batch, Day, Id, ListBatches } from "@quartermaster/contracts";
import { reply } from "@quartermaster/messaging";
import { queries } from "@quartermaster/process";
import { z } from "zod";
import { iso } from "../store/columns";
import { pageOf } from "./page";
import { maySeeCosts, onlyOwnLocations } from "./sight";

const columns = (withCosts: boolean) => `b.id, b.product_id as "productId", b.location_id as "locationId",
  b.initial_quantity as "initialQuantity", b.available_quantity as "availableQuantity",
  ${withCosts ? "b.unit_cost_e4" : "null::bigint"} as "unitCostE4", b.purchase_date as "purchaseDate",
  b.expiration_date as "expirationDate", b.supplier_id as "supplierId", b.entry_reference as "entryReference",
  ${iso("b.created_at")} as "createdAt"`;

export const listBatches = reply(ListBatches, (db, ask, meta) => {
  const query = queries("batches as b")
    .join("locations as loc", "loc.id", "b.location_id")
    .select(queries.raw(columns(maySeeCosts(meta))));
  if (ask.productId !== undefined) query.where("b.product_id", ask.productId);
  if (ask.location !== undefined) query.where("loc.code", ask.location);
  onlyOwnLocations(query, meta);
  return pageOf<z.infer<typeof Batch>, [string, string]>(db, query, {
    ...ask,
    after: ask.after,
    columns: ["b.purchase_date", "b.id"],
    order: "asc",
    key: z.tuple([Day, Id]),
    keyOf: ({ purchaseDate, id }) => [purchaseDate, id],
  });
});
