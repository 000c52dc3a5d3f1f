import {
  ChangeProduct,
  CreateLocation,
  CreateProduct,
  GetProduct,
  ListBatches,
  ListLocations,
  ListMovements,
  ListPriceHistory,
  ListProducts,
  ListStock,
} from "@quartermaster/contracts";
import { get, patch, post, routes } from "../route";

const productId = { id: "productId" };
const ofProduct = { contract: GetProduct, ask: (ask: Record<string, unknown>) => ({ id: ask.productId }) };

// biome-ignore format: one line per route
export const catalogRoutes = [
  ...routes("Products", [
    get("/products", ListProducts, { may: "products:read", summary: "List products", catalog: true }),
    post("/products", CreateProduct, { may: "products:write", status: 201, summary: "Create a product", location: ({ id }) => `/products/${id}`, etag: true }),
    get("/products/{id}", GetProduct, { may: "products:read", summary: "One product", catalog: true, etag: true }),
    patch("/products/{id}", ChangeProduct, { may: "products:write", summary: "Change a product", etag: true, ifMatch: true }),
    get("/products/{id}/price-history", ListPriceHistory, { may: "products:read", summary: "A product's prices, newest first", params: productId }),
    get("/products/{id}/movements", ListMovements, { may: "stock:read", summary: "A product's movements, newest first", params: productId, parent: ofProduct }),
    get("/products/{id}/batches", ListBatches, { may: "stock:read", summary: "A product's batches, oldest first", params: productId, parent: ofProduct }),
  ]),
  ...routes("Stock", [
    get("/locations", ListLocations, { may: "products:read", summary: "List locations" }),
    post("/locations", CreateLocation, { may: "products:write", status: 201, summary: "Open a location", location: () => "/locations", etag: true }),
    get("/depots", ListLocations, { may: "products:read", summary: "List depots", fixed: { type: "DEPOT" } }),
    get("/stock", ListStock, { may: "stock:read", summary: "Stock levels per product and location" }),
    get("/inventory", ListStock, { may: "stock:read", summary: "Stock levels per product and location", aliasOf: "GET /stock" }),
    get("/movements", ListMovements, { may: "stock:read", summary: "List movements, newest first" }),
    get("/batches", ListBatches, { may: "stock:read", summary: "List batches, oldest first" }),
  ]),
];
