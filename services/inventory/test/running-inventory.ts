import type { AnswerOf, AskOf, Request } from "@quartermaster/contracts";
import { CreateLocation, CreateProduct, ReleaseStock, ReserveStock } from "@quartermaster/contracts";
import { type Answered, askerOver, type Meta, newId, type RunningService } from "@quartermaster/messaging";
import { readConfig } from "@quartermaster/process";
import { openWorld, silentLog, type World } from "@quartermaster/testkit";
import { start } from "../src/app";
import { InventoryConfig } from "../src/config";

const admin: Meta = {
  actor: { kind: "user", id: "0198c0de-0000-7000-8000-000000000001", name: "ada@example.com", role: "ADMIN" },
  requestId: "request-1",
  causation: null,
  traceparent: null,
};

export interface Inventory {
  world: World;
  instances: RunningService[];
  ask<C extends Request>(
    contract: C,
    ask: AskOf<C>,
    options?: { id?: string; meta?: Meta },
  ): Promise<Answered<C>>;
  /** The answer, or an error with the refusal. */
  answer<C extends Request>(contract: C, ask: AskOf<C>, meta?: Meta): Promise<AnswerOf<C>>;
  product(parts?: Partial<AskOf<typeof CreateProduct>>): Promise<AnswerOf<typeof CreateProduct>>;
  location(
    code: string,
    type?: AskOf<typeof CreateLocation>["type"],
  ): Promise<AnswerOf<typeof CreateLocation>>;
  reserve(
    orderId: string,
    lines: [productId: number, quantity: number][],
  ): Promise<Answered<typeof ReserveStock>>;
  release(orderId: string): Promise<Answered<typeof ReleaseStock>>;
  /** The events of the service so far, without their envelope. */
  events(
    name?: string,
  ): Promise<{ name: string; entityId: string; version: number; old: unknown; new: unknown }[]>;
  close(): Promise<void>;
}

/** A world with this many instances of the service on one database. */
export async function openInventory(instanceCount = 1): Promise<Inventory> {
  const world = await openWorld("inventory");
  const instances = await Promise.all(
    Array.from({ length: instanceCount }, (_, n) => startInstance(world, n)),
  );
  return inventoryOver(world, instances);
}

/** The world with instances that run in it. */
export function inventoryOver(world: World, instances: RunningService[]): Inventory {
  // A service's user may not ask itself: tests ask in the tester's name.
  const asker = askerOver(world.tester);
  let products = 0;
  const inventory: Inventory = {
    world,
    instances,
    ask: (contract, ask, { id, meta = admin } = {}) =>
      asker.ask(contract, ask, { meta, timeoutMs: 20_000, ...(id ? { id } : {}) }),
    answer: async (contract, ask, meta = admin) => {
      const answered = await inventory.ask(contract, ask, { meta });
      if ("answer" in answered) return answered.answer;
      throw new Error(JSON.stringify(answered));
    },
    product: (parts = {}) => {
      products += 1;
      const fresh = { sku: `SKU-${products}`, name: `Product ${products}`, priceMinor: 1_000 };
      return inventory.answer(CreateProduct, { ...fresh, stockQuantity: 0, unitCostE4: 0, ...parts });
    },
    location: (code, type = "WAREHOUSE") =>
      inventory.answer(CreateLocation, { code, name: `At ${code}`, type }),
    reserve: (orderId, lines) =>
      inventory.ask(ReserveStock, {
        orderId,
        lines: lines.map(([productId, quantity]) => ({ productId, quantity })),
      }),
    release: (orderId) => inventory.ask(ReleaseStock, { orderId }),
    events: async (name) => {
      const rows = await world.sql<{ subject: string; body: string }>(
        "select subject, body from inventory.outbox order by seq",
      );
      return rows
        .map(({ subject, body }) => ({ name: subject.replace(/^evt\./, ""), ...JSON.parse(body) }))
        .filter((said) => name === undefined || said.name === name);
    },
    close: async () => {
      await Promise.all(instances.map((instance) => instance.stop()));
      await world.close();
    },
  };
  return inventory;
}

function startInstance(world: World, n: number): Promise<RunningService> {
  const config = readConfig(InventoryConfig, {
    DATABASE_URL: world.databaseUrl("inventory"),
    ...world.natsFor("inventory"),
    LOG_LEVEL: "silent",
    INSTANCE: `inventory-${n}`,
    // What two do at the same time has to be right too: a leader may be a former one.
    COMMANDS_BY: "all",
    DATABASE_POOL_MAX: "4",
  });
  return start(config, silentLog);
}

/** As somebody else than the administrator. */
export function as(role: NonNullable<Meta["actor"]["role"]>, customerId?: string): Meta {
  return { ...admin, actor: { kind: "user", id: newId(), role, ...(customerId ? { customerId } : {}) } };
}

/**
 * Receives stock as a purchase will, at any location: movements of the service itself reach only the default location
 * in this issue. Written by the superuser, in the shape that I1 asks for.
 */
export async function receive(
  world: World,
  entry: {
    productId: number;
    locationId: string;
    quantity: number;
    unitCostE4?: number;
    purchaseDate?: string;
    expirationDate?: string | null;
  },
): Promise<string> {
  const {
    productId,
    locationId,
    quantity,
    unitCostE4 = 0,
    purchaseDate = "2026-01-01",
    expirationDate = null,
  } = entry;
  const [movementId, batchId] = [newId(), newId()];
  await world.sql(
    `with movement as (
       insert into inventory.movements (id, type, reason, product_id, location_id, quantity, unit_cost_e4, total_cost_e4)
       values ($1, 'ENTRY', 'purchase', $3, $4, $5, $6, $5::bigint * $6::bigint) returning id
     ), batch as (
       insert into inventory.batches (id, product_id, location_id, initial_quantity, available_quantity, unit_cost_e4,
         purchase_date, expiration_date, entry_movement_id)
       select $2, $3, $4, $5, $5, $6, $7, $8, id from movement returning id
     ), part as (
       insert into inventory.batch_movements (movement_id, batch_id, quantity, unit_cost_e4)
       select movement.id, batch.id, $5, $6 from movement, batch
     )
     insert into inventory.levels as l (product_id, location_id, on_hand) values ($3, $4, $5)
     on conflict (product_id, location_id) do update set on_hand = l.on_hand + excluded.on_hand`,
    [movementId, batchId, productId, locationId, quantity, unitCostE4, purchaseDate, expirationDate],
  );
  return batchId;
}

/**
 * I1 of the reliability bar, by SQL alone: every (product, location) or batch where the truth and its projections
 * differ. Empty when all is well.
 */
export async function unproven(world: World): Promise<unknown[]> {
  return world.sql(`
    with
      moved as (select product_id, location_id, sum(quantity) as quantity from inventory.movements group by 1, 2),
      lots as (select product_id, location_id, sum(available_quantity) as quantity from inventory.batches group by 1, 2),
      held as (
        select product_id, location_id, sum(quantity - consumed) as quantity from inventory.reservation_lines
        where state = 'HELD' group by 1, 2
      )
    select 'level' as what, product_id, location_id::text, l.on_hand, moved.quantity as moved, lots.quantity as lots,
      l.reserved, held.quantity as held
    from inventory.levels l
      full join moved using (product_id, location_id)
      full join lots using (product_id, location_id)
      full join held using (product_id, location_id)
    where coalesce(l.on_hand, 0) <> coalesce(moved.quantity, 0)
      or coalesce(l.on_hand, 0) <> coalesce(lots.quantity, 0)
      or coalesce(l.reserved, 0) <> coalesce(held.quantity, 0)
      or l.on_hand < 0 or l.reserved < 0 or l.reserved > l.on_hand
    union all
    select 'batch', b.product_id, b.id::text, b.available_quantity, sum(m.quantity), null, null, null
    from inventory.batches b left join inventory.batch_movements m on m.batch_id = b.id
    group by b.id having b.available_quantity <> coalesce(sum(m.quantity), 0) or b.available_quantity < 0
    union all
    select 'movement', m.product_id, m.id::text, m.quantity, sum(p.quantity), m.total_cost_e4, sum(p.quantity * p.unit_cost_e4), null
    from inventory.movements m left join inventory.batch_movements p on p.movement_id = m.id
    group by m.id having m.quantity <> coalesce(sum(p.quantity), 0)
      or m.total_cost_e4 <> abs(coalesce(sum(p.quantity * p.unit_cost_e4), 0))
    union all
    select 'reservation', null, r.order_id::text, count(*) filter (where l.state = 'HELD'), null, null, null, null
    from inventory.reservations r left join inventory.reservation_lines l using (order_id)
    group by r.order_id
    having (r.state = 'HELD') <> (count(*) filter (where l.state = 'HELD') > 0)
    union all
    select 'orphan', l.product_id, l.order_id::text, l.quantity, null, null, null, null
    from inventory.reservation_lines l
    where not exists (select from inventory.reservations r where r.order_id = l.order_id)`);
}
