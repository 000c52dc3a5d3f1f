import { ListProducts, ProductId } from "@quartermaster/contracts";
import { reply } from "@quartermaster/messaging";
import { queries } from "@quartermaster/process";
import { z } from "zod";
import type { ProductState } from "../domain/change-products";
import { productColumns, stockQuantity } from "../store/products";
import { pageOf } from "./page";

export const listProducts = reply(ListProducts, (db, ask) => {
  const query = queries("products as p").select(queries.raw(productColumns));
  if (!ask.includeDeleted) query.whereNull("p.deleted_at");
  if (ask.category !== undefined) query.where("p.category", ask.category);
  if (ask.inStock !== undefined) query.whereRaw(`${stockQuantity} ${ask.inStock ? ">" : "="} 0`);
  if (ask.q !== undefined) {
    const pattern = `%${ask.q.replace(/[\\%_]/g, "\\$&")}%`;
    query.where((either) => either.whereILike("p.name", pattern).orWhereILike("p.sku", pattern));
  }
  return pageOf<ProductState, [number]>(db, query, {
    ...ask,
    after: ask.after,
    columns: ["p.id"],
    order: "asc",
    key: z.tuple([ProductId]),
    keyOf: ({ id }) => [id],
  });
});
