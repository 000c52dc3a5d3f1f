import { Id, type Level, ListStock, ProductId } from "@quartermaster/contracts";
import { reply } from "@quartermaster/messaging";
import { queries } from "@quartermaster/process";
import { z } from "zod";
import { pageOf } from "./page";
import { onlySeenLocations } from "./sight";

const columns = `l.product_id as "productId", p.sku, p.name as "productName", l.location_id as "locationId",
  loc.code as "locationCode", l.on_hand as "onHand", l.reserved, l.on_hand - l.reserved as available`;

export const listStock = reply(ListStock, async (db, ask, meta) => {
  const query = queries("levels as l")
    .join("products as p", "p.id", "l.product_id")
    .join("locations as loc", "loc.id", "l.location_id")
    .select(queries.raw(columns));
  if (ask.productId !== undefined) query.where("l.product_id", ask.productId);
  if (ask.sku !== undefined) query.where("p.sku", ask.sku);
  await onlySeenLocations(db, query, "l.location_id", { code: ask.location, meta });
  return pageOf<z.infer<typeof Level>, [number, string]>(db, query, {
    ...ask,
    after: ask.after,
    columns: ["l.product_id", "l.location_id"],
    order: "asc",
    key: z.tuple([ProductId, Id]),
    keyOf: ({ productId, locationId }) => [productId, locationId],
  });
});
