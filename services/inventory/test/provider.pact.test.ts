import { testProvider } from "@quartermaster/pacts";
import { providerOf } from "./provider-states";
import { openInventory } from "./running-inventory";

testProvider("inventory", async () => {
  const inventory = await openInventory();
  return { ...(await providerOf(inventory)), close: inventory.close };
});
