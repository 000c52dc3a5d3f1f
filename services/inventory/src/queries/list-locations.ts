import { ListLocations } from "@quartermaster/contracts";
import { reply } from "@quartermaster/messaging";
import { queries } from "@quartermaster/process";
import { z } from "zod";
import { type LocationRow, locationColumns } from "../store/locations";
import { pageOf } from "./page";

export const listLocations = reply(ListLocations, (db, ask) => {
  const query = queries("locations as loc").select(queries.raw(locationColumns)).whereNull("loc.deleted_at");
  if (ask.type !== undefined) query.where("loc.type", ask.type);
  return pageOf<LocationRow, [string]>(db, query, {
    ...ask,
    after: ask.after,
    columns: ["loc.code"],
    order: "asc",
    key: z.tuple([z.string().max(40)]),
    keyOf: ({ code }) => [code],
  });
});
