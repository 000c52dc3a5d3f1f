import { poll } from "@quartermaster/servers";
import type { Arena } from "../arena/arena";
import type { Buyer } from "../arena/people";
import { check } from "../check";
import { claimInvariants } from "../invariants/verdict";
import { startLoad } from "../load/load";
import { type NatsProxy, openProxy } from "../proxy/nats-proxy";

/** Longer than it takes a saga to ask twice more. */
const withinMs = 12_000;

interface Scene {
  readonly arena: Arena;
  readonly proxy: NatsProxy;
  readonly buyer: Buyer;
  readonly product: number;
}

/** Each answers with the status that its order must end in, and the id of that order. */
type Race = (scene: Scene) => Promise<{ id: string; becomes: string }>;

const reserve = /^cmd\.inventory\.reserve-stock\./;
const issue = /^cmd\.billing\.issue-invoice\./;
const inventoryAnswers = /^_INBOX\.orders\.inventory\./;
const billingAnswers = /^_INBOX\.orders\.billing\./;

/** The command is held back until its order was cancelled and is REJECTED; then it comes after all. */
const rejectedWhileHeld =
  (command: RegExp): Race =>
  async (scene) => {
    const held = scene.proxy.hold(command);
    const id = await placed(scene);
    await heldOne(held);
    await cancelled(scene, id);
    await becomes(scene, id, "REJECTED");
    held.release();
    await passedBy(scene);
    return { id, becomes: "REJECTED" };
  };

const races: Readonly<Record<string, Race>> = {
  "the undo before the do, and the do after it": rejectedWhileHeld(reserve),
  "the pivot after its fence": rejectedWhileHeld(issue),
  "the invoice issued, its answer lost, and the order cancelled meanwhile": async (scene) => {
    const held = scene.proxy.hold(billingAnswers, 1);
    const id = await placed(scene);
    await heldOne(held);
    await cancelled(scene, id);
    await becomes(scene, id, "CANCELLED");
    held.release();
    return { id, becomes: "CANCELLED" };
  },
  "the answer after the compensation": async (scene) => {
    const held = scene.proxy.hold(inventoryAnswers, 1);
    const id = await placed(scene);
    await heldOne(held);
    await cancelled(scene, id);
    await becomes(scene, id, "REJECTED");
    held.release();
    return { id, becomes: "REJECTED" };
  },
  "two instances drive one saga: the other one ends it, and the first one's answer comes late": async (
    scene,
  ) => {
    const held = scene.proxy.hold(inventoryAnswers, 1);
    const id = await placed(scene);
    await heldOne(held);
    await becomes(scene, id, "PENDING");
    held.release();
    return { id, becomes: "PENDING" };
  },
};

export const directedRaces = check({
  name: "races",
  number: 6,
  about:
    "Directed races on real processes: undo before do, do after undo, duplicates, late answers, two instances driving one saga.",
  sizes: { reduced: { times: 1 }, full: { times: 50 }, hunt: { times: 1 } },
  run: async ({ size, random, record, say, openArena }) => {
    let proxy: NatsProxy | undefined;
    const arena = await openArena({
      instances: { orders: 2 },
      env: { COMMANDS_BY: "all" },
      natsThrough: async (port) => {
        proxy = await openProxy(port, random.fork("proxy"), record);
        return proxy.url;
      },
    });
    const [buyer] = (await arena.people.newBuyers(1)) as [Buyer];
    const scene = {
      arena,
      proxy: proxy as NatsProxy,
      buyer,
      product: await arena.people.newProduct({ stock: 100_000 }),
    };
    for (let time = 1; time <= size.times; time++) {
      for (const [name, race] of Object.entries(races)) {
        const ended = await endOf(scene, race);
        if (time === 1 || ended !== undefined)
          record.claim(name, ended === undefined, ended ?? "as it should end");
        record.count("races");
        record.fault("held back", name);
      }
    }
    say(`${Object.keys(races).length * size.times} races; now every message is doubled`);
    scene.proxy.weather({ dropped: 0, doubled: 1, delayed: 0, reordered: 0, delayMsMax: 1 });
    const load = startLoad(arena, random.fork("load"), record, {
      ...{
        clients: 4,
        buyers: [buyer],
        products: [scene.product],
        cancelled: 0.4,
        operationsMax: 60 * size.times,
      },
    });
    await load.ended;
    scene.proxy.weather(undefined);
    await claimInvariants(arena, record, [load]);
    await scene.proxy.close();
  },
});

/** Undefined when the order ended as it should; else a sentence. What is held back is let go in any case. */
async function endOf(scene: Scene, race: Race): Promise<string | undefined> {
  try {
    const { id, becomes: expected } = await race(scene);
    const { status } = (await scene.arena.http.ask("GET", `/orders/${id}`, { token: scene.buyer.token }))
      .body;
    return status === expected ? undefined : `the order is ${status}`;
  } catch (error) {
    scene.proxy.letGo();
    return (error as Error).message;
  }
}

/** Begins an order and does not wait for it. */
async function placed({ arena, buyer, product }: Scene): Promise<string> {
  const body = { items: [{ product_id: product, quantity: 1 }] };
  const answer = await arena.http.ask("POST", "/orders", {
    token: buyer.token,
    body,
    headers: { prefer: "wait=0" },
  });
  if (answer.status !== 202) throw new Error(`an order that is held back answered ${answer.status}`);
  return answer.body.id;
}

async function cancelled({ arena, buyer }: Scene, id: string): Promise<void> {
  const headers = { prefer: "wait=0" };
  const { status } = await arena.http.ask("POST", `/orders/${id}/cancel`, {
    token: buyer.token,
    body: {},
    headers,
  });
  if (status !== 202 && status !== 200) throw new Error(`cancelling answered ${status}`);
}

async function heldOne(held: { readonly count: number }): Promise<void> {
  if (!(await poll(() => held.count > 0, withinMs))) throw new Error("no message came to be held back");
}

async function becomes({ arena, buyer }: Scene, id: string, status: string): Promise<void> {
  const isSo = async () =>
    (await arena.http.ask("GET", `/orders/${id}`, { token: buyer.token })).body.status === status;
  if (!(await poll(isSo, withinMs, 100)))
    throw new Error(`order ${id} did not become ${status} within ${withinMs / 1_000} s`);
}

/** What was sent on has been taken by its service: an order behind it went all the way through. */
async function passedBy(scene: Scene): Promise<void> {
  await becomes(scene, await placed(scene), "PENDING");
}
