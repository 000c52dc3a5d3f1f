import { changeProduct } from "./handlers/change-product";
import { consumeStock } from "./handlers/consume-stock";
import { createLocation } from "./handlers/create-location";
import { createProduct } from "./handlers/create-product";
import { releaseStock } from "./handlers/release-stock";
import { reserveStock } from "./handlers/reserve-stock";
import { getProduct } from "./queries/get-product";
import { listBatches } from "./queries/list-batches";
import { listLocations } from "./queries/list-locations";
import { listMovements } from "./queries/list-movements";
import { listPriceHistory } from "./queries/list-price-history";
import { listProducts } from "./queries/list-products";
import { listStock } from "./queries/list-stock";
import { proveStock } from "./queries/prove-stock";

/** All that inventory answers to. It hears no events. */
export const messages = [
  reserveStock,
  releaseStock,
  consumeStock,
  createProduct,
  changeProduct,
  getProduct,
  listProducts,
  listPriceHistory,
  createLocation,
  listLocations,
  listStock,
  listMovements,
  listBatches,
  proveStock,
];
