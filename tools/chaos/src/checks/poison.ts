import { poll } from "@quartermaster/servers";
import { connect, type NatsConnection } from "nats";
import type { Arena } from "../arena/arena";
import type { Buyer } from "../arena/people";
import { check } from "../check";
import { claimInvariants } from "../invariants/verdict";
import { startLoad } from "../load/load";

/** A bug stands in for all bugs: audit cannot record, and inventory cannot create, what is called like this. */
const poisoned = "POISON";

const plantBug = `
  create function public.bug() returns trigger language plpgsql as $$ begin
    raise exception 'a bug: % cannot be processed', tg_table_name;
  end $$;
  create trigger bug before insert on audit.records for each row
    when (new.new_values like '%${poisoned}-EVENT%') execute function public.bug();
  create trigger bug before insert on inventory.products for each row
    when (new.sku like '${poisoned}-COMMAND%') execute function public.bug()`;

const mendBug =
  "drop trigger bug on audit.records; drop trigger bug on inventory.products; drop function public.bug()";

export const poison = check({
  name: "poison",
  number: 15,
  about:
    "Poison messages among many: all in the dead letters with their reason, the rest processed, requeue works.",
  sizes: {
    reduced: { events: 12, commands: 6, orders: 300 },
    full: { events: 800, commands: 200, orders: 20_000 },
    hunt: { events: 3, commands: 2, orders: 40 },
  },
  run: async ({ size, random, record, say, openArena }) => {
    const arena = await openArena();
    const buyers = await arena.people.newBuyers(2);
    const products = [await arena.people.newProduct({ stock: 1_000_000 })];
    await arena.sql(plantBug);
    const load = startLoad(arena, random.fork("load"), record, {
      ...{ clients: 8, buyers: buyers as Buyer[], products, operationsMax: size.orders, cancelled: 0.1 },
    });
    for (let n = 0; n < Math.max(size.events, size.commands); n++) {
      if (n < size.events)
        await arena.people.asAdmin("POST", "/products", { body: productOf(`${poisoned}-EVENT-${n}`) });
      if (n < size.commands) await sendPoison(arena, `${poisoned}-COMMAND-${n}`);
    }
    await load.ended;
    const parked = await poll(
      async () => {
        const letters = await lettersOf(arena);
        return letters.length >= size.events + size.commands && letters;
      },
      arena.patience.settleMs,
      200,
    );
    const letters = parked ?? (await lettersOf(arena));
    const expected = size.events + size.commands;
    say(`${letters.length} dead letters of ${expected}`);
    record.fault("poison", `${expected} messages`);
    record.claim(
      "every poison message is parked, once",
      letters.length === expected,
      `${letters.length} of ${expected}`,
    );
    const withReason = letters.filter(({ reason }) => reason.includes("a bug:")).length;
    record.claim("each with its reason", withReason === expected, `${withReason} of ${expected}`);
    await arena.sql(mendBug);
    const requeued = await requeueAll(arena, letters);
    record.claim(
      "each is processed once it is requeued",
      requeued === expected,
      `${requeued} of ${expected}`,
    );
    await claimInvariants(arena, record, [load]);
    const [made] = await arena.sql<{ count: number }>(
      `select count(*)::int as count from inventory.products where sku like '${poisoned}-COMMAND%'`,
    );
    record.claim(
      "the commands have had their effect",
      made?.count === size.commands,
      `${made?.count} of ${size.commands}`,
    );
  },
});

function productOf(sku: string) {
  return { sku, name: sku, price: 1, stock_quantity: 1 };
}

/** A command that meets a bug is an answer of its own: 500, and never a stack trace. */
async function sendPoison(arena: Arena, sku: string): Promise<void> {
  const { status, body } = await arena.http.ask("POST", "/products", {
    token: arena.people.adminToken,
    body: productOf(sku),
  });
  if (status !== 500) throw new Error(`a poison command answered ${status} ${JSON.stringify(body)}`);
}

interface Letter {
  service: string;
  id: string;
  reason: string;
}

function lettersOf(arena: Arena): Promise<Letter[]> {
  return arena.sql<Letter>(`select 'audit' as service, id, reason from audit.dead_letters where state = 'open'
    union all select 'inventory', id, reason from inventory.dead_letters where state = 'open'`);
}

async function requeueAll(arena: Arena, letters: readonly Letter[]): Promise<number> {
  const login = arena.stack.natsLogin("operator");
  const nats = await connect({
    servers: arena.stack.natsUrl,
    ...(login && { user: login.user, pass: login.password }),
  });
  try {
    let done = 0;
    for (const letter of letters) done += (await requeue(nats, letter)) ? 1 : 0;
    return done;
  } finally {
    await nats.close();
  }
}

async function requeue(nats: NatsConnection, { service, id }: Letter): Promise<boolean> {
  const ask = JSON.stringify({ id, reason: "the bug is mended" });
  const answer = await nats.request(`ops.${service}.requeue`, ask, { timeout: 10_000 });
  return !answer.headers?.has("Nats-Service-Error-Code");
}
