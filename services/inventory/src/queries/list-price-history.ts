import { Id, ListPriceHistory, type PriceChange } from "@quartermaster/contracts";
import { refuse, reply } from "@quartermaster/messaging";
import { queries } from "@quartermaster/process";
import { z } from "zod";
import { iso } from "../store/columns";
import { pageOf } from "./page";

const columns = `h.id, h.product_id as "productId", h.old_price_minor as "oldPriceMinor",
  h.new_price_minor as "newPriceMinor", h.reason, h.changed_by as "changedBy", ${iso("h.changed_at")} as "changedAt"`;

export const listPriceHistory = reply(ListPriceHistory, async (db, ask) => {
  const query = queries("price_history as h")
    .select(queries.raw(columns))
    .where("h.product_id", ask.productId);
  const page = await pageOf<z.infer<typeof PriceChange>, [string]>(db, query, {
    ...ask,
    after: ask.after,
    columns: ["h.id"],
    order: "desc",
    key: z.tuple([Id]),
    keyOf: ({ id }) => [id],
  });
  if (!("data" in page) || page.data.length > 0 || ask.after !== undefined) return page;
  // Every product has a first price: an empty history is that of no product.
  return refuse("not_found");
});
