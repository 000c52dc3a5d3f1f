import { GetProduct } from "@quartermaster/contracts";
import { refuse, reply } from "@quartermaster/messaging";
import { findProduct } from "../store/products";

export const getProduct = reply(
  GetProduct,
  async (db, { id }) => (await findProduct(db, id)) ?? refuse("not_found"),
);
