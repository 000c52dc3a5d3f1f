import { ChangeProduct, ProductChanged } from "@quartermaster/contracts";
import { type Command, done, handle, type Outcome, refuse, type Tx } from "@quartermaster/messaging";
import { changeProducts, type ProductChange, type ProductState } from "../domain/change-products";
import { nameOf } from "../domain/name-of";
import { insertPriceChanges, lockProducts, skuOwners, updateProducts } from "../store/products";

type Change = Command<typeof ChangeProduct>;

/** Changes products under their lock; a changed price goes into the history with its reason. */
export const changeProduct = handle(ChangeProduct, async (tx, commands) => {
  const { products, now } = await lockProducts(tx, [...new Set(commands.map(({ ask }) => ask.id))]);
  const owners = await skuOwners(
    tx,
    commands.flatMap(({ ask }) => ask.sku ?? []),
  );
  const asks = commands.map(({ ask, meta }) => ({ ask, by: nameOf(meta.actor) }));
  const changes = changeProducts(products, owners, asks, now);
  await updateProducts(tx, lastOfEach(changes));
  await writePrices(tx, commands, changes);
  return changes.map((change, n) => outcomeOf(change, commands[n] as Change));
});

/** A product that was changed more than once in the batch is written once, as it is in the end. */
function lastOfEach(changes: readonly ProductChange[]): ProductState[] {
  const last = new Map<number, ProductState>();
  for (const change of changes) if (change.kind === "changed") last.set(change.product.id, change.product);
  return [...last.values()];
}

async function writePrices(
  tx: Tx,
  commands: readonly Change[],
  changes: readonly ProductChange[],
): Promise<void> {
  const rows = changes.flatMap((change, n) => {
    if (change.kind !== "changed" || change.new.priceMinor === undefined) return [];
    const { ask, meta } = commands[n] as Change;
    return {
      productId: change.product.id,
      oldPriceMinor: change.old.priceMinor ?? null,
      newPriceMinor: change.new.priceMinor,
      reason: ask.priceReason ?? null,
      by: nameOf(meta.actor),
    };
  });
  await insertPriceChanges(tx, rows);
}

function outcomeOf(change: ProductChange, { ask }: Change): Outcome<typeof ChangeProduct> {
  if (change.kind === "version_conflict") return refuse(change.kind, { version: change.version });
  if (change.kind === "unchanged") return done(change.product);
  if (change.kind !== "changed") return refuse(change.kind);
  const { product, old } = change;
  const reason = change.new.priceMinor === undefined ? undefined : ask.priceReason;
  const said = ProductChanged.of({
    entityId: String(product.id),
    version: product.version,
    old,
    new: { ...change.new, ...(reason === undefined ? {} : { priceReason: reason }) },
  });
  return done(product, said);
}
