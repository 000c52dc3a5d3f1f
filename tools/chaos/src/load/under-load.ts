import type { Arena, ArenaOptions } from "../arena/arena";
import type { Buyer } from "../arena/people";
import type { Ground } from "../check";
import { claimFirstOrder, claimInvariants } from "../invariants/verdict";
import { type Load, type LoadOptions, startLoad } from "./load";

/** How many checks begin: a platform with buyers and products, and clients at work on it. */
export interface Beginning extends Omit<LoadOptions, "buyers" | "products"> {
  readonly arena?: ArenaOptions;
  readonly buyersCount: number;
  readonly stocked: readonly { readonly stock: number; readonly price?: number }[];
  /** Before the first order. */
  readonly prepare?: (arena: Arena, buyers: readonly Buyer[]) => Promise<void>;
  /** So many operations are settled before anything is done to the platform. Default 0. */
  readonly settledFirst?: number;
}

export interface UnderLoad {
  readonly arena: Arena;
  readonly buyers: readonly Buyer[];
  readonly products: readonly number[];
  readonly load: Load;
}

export async function openUnderLoad(
  { openArena, random, record }: Pick<Ground<unknown>, "openArena" | "random" | "record">,
  beginning: Beginning,
): Promise<UnderLoad> {
  const { arena: options, buyersCount, stocked, prepare, settledFirst = 0, ...loading } = beginning;
  const arena = await openArena(options);
  const buyers = await arena.people.newBuyers(buyersCount);
  const products: number[] = [];
  for (const one of stocked) products.push(await arena.people.newProduct(one));
  await prepare?.(arena, buyers);
  const load = startLoad(arena, random.fork("load"), record, { ...loading, buyers, products });
  if (settledFirst > 0) await load.more(settledFirst);
  return { arena, buyers, products, load };
}

/**
 * How they end, from the moment on when the last fault is over: the first new order passes soon, what was begun comes to its
 * end, and every invariant holds.
 */
export async function claimRecovered(
  { record }: Pick<Ground<unknown>, "record">,
  { arena, buyers, products, load }: UnderLoad,
): Promise<void> {
  await Promise.all([load.stop(), claimFirstOrder(arena, record, buyers[0] as Buyer, products[0] as number)]);
  await claimInvariants(arena, record, [load], record.sinceFaults());
}
