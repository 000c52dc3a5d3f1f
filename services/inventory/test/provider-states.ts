import {
  ChangeProduct,
  ConsumeStock,
  CreateLocation,
  type CreateProduct,
  type LocationType,
  ReleaseStock,
  ReserveStock,
} from "@quartermaster/contracts";
import { newId } from "@quartermaster/messaging";
import type { Provider, Scene } from "@quartermaster/pacts";
import type { z } from "zod";
import type { Inventory } from "./running-inventory";

/** Inventory as pacts know it: fields that are taken only once or are the asker's, and the states it can be put into. */
export async function providerOf(inventory: Inventory): Promise<Provider> {
  // Beyond the ids that the examples use for products that are not there, or behind a page.
  await inventory.world.sql("alter sequence inventory.products_id_seq restart with 1000");
  return {
    service: "inventory",
    asker: { ask: (contract, ask, { meta }) => inventory.ask(contract, ask, { meta }) },
    nats: inventory.world.nats,
    operator: inventory.world.operator,
    unique: ["sku", "code", "orderId", "shipmentId"],
    states: statesOf(inventory),
  };
}

type Fields = Partial<z.infer<(typeof CreateProduct)["ask"]>>;

function statesOf(inventory: Inventory): Provider["states"] {
  const aProduct = async ({ id, ...fields }: { id?: unknown } & Fields, { aliases }: Scene) => {
    const product = await inventory.product({
      name: "Widget A",
      category: "Widgets",
      priceMinor: 15_000,
      stockQuantity: 100,
      unitCostE4: 900_000,
      ...aliases.toReal(fields),
    });
    aliases.bind(id, product.id);
  };
  return {
    "a product": aProduct,
    "another product": aProduct,
    "a changed price": ({ id }, { aliases }) =>
      inventory.answer(ChangeProduct, {
        id: aliases.toReal({ id: Number(id) }).id,
        priceMinor: 16_500,
        priceReason: "Supplier raised its price",
      }),
    "a location": async ({ id, code, name, type }, { aliases }) => {
      const location = await inventory.answer(CreateLocation, {
        code: aliases.fresh(String(code)),
        name: String(name ?? "Second depot"),
        type: (type ?? "DEPOT") as z.infer<typeof LocationType>,
      });
      aliases.bind(id, location.id);
    },
    "reserved stock": ({ orderId, productId, quantity }, { aliases }) => {
      const line = { productId: Number(productId), quantity: Number(quantity) };
      return inventory.answer(ReserveStock, aliases.toReal({ orderId: String(orderId), lines: [line] }));
    },
    "released stock": ({ orderId }, { aliases }) =>
      inventory.answer(ReleaseStock, aliases.toReal({ orderId: String(orderId) })),
    "shipped stock": ({ orderId, shipmentId, customerId }, { aliases }) =>
      inventory.answer(ConsumeStock, {
        ...aliases.toReal({ orderId: String(orderId), shipmentId: String(shipmentId ?? newId()) }),
        ...(customerId ? { customerId: String(customerId) } : {}),
      }),
  };
}
