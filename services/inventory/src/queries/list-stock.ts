import { type Level, ListStock, ProductId } from "@quartermaster/contracts";
import { reply } from "@quartermaster/messaging";
import { queries } from "@quartermaster/process";
import { z } from "zod";
import { pageOf } from "./page";
import { onlyOwnLocations } from "./sight";

const columns = `l.product_id as "productId", p.sku, p.name as "productName", l.location_id as "locationId",
  loc.code as "locationCode", l.on_hand as "onHand", l.reserved, l.on_hand - l.reserved as available`;

export const listStock = reply(ListStock, (db, ask, meta) => {
  const query = queries("levels as l")
    .join("products as p", "p.id", "l.product_id")
    .join("locations as loc", "loc.id", "l.location_id")
    .select(queries.raw(columns));
  if (ask.productId !== undefined) query.where("l.product_id", ask.productId);
  if (ask.sku !== undefined) query.where("p.sku", ask.sku);
  if (ask.location !== undefined) query.where("loc.code", ask.location);
  onlyOwnLocations(query, meta);
  return pageOf<z.infer<typeof Level>, [number, string]>(db, query, {
    ...ask,
    after: ask.after,
    columns: ["l.product_id", "loc.code"],
    order: "asc",
    key: z.tuple([ProductId, z.string().max(40)]),
    keyOf: ({ productId, locationCode }) => [productId, locationCode],
  });
});
