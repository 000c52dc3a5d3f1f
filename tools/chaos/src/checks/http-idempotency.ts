import { setTimeout as wait } from "node:timers/promises";
import { poll } from "@quartermaster/servers";
import type { ProcessName } from "@quartermaster/stack";
import type { Arena } from "../arena/arena";
import type { Answer } from "../arena/http-client";
import type { Buyer } from "../arena/people";
import { check } from "../check";
import { claimInvariants } from "../invariants/verdict";
import type { Random } from "../random";
import type { Recorder } from "../report/recorder";

/** How a keyed route is asked. `word` is new for each request that is meant to be another one. */
interface Sample {
  readonly path: string;
  readonly token?: string;
  body(word: string): Record<string, unknown>;
  /** SQL that counts what the request with this word has left; 1 when it was carried out once. */
  readonly effects: string;
  readonly owner: ProcessName;
}

interface Sizes {
  readonly kills: number;
  readonly concurrent: number;
}

export const httpIdempotency = check<Sizes>({
  name: "http-idempotency",
  number: 10,
  about:
    "Each keyed route, replayed in sequence, at the same time, across kills and with another body: one effect, one answer.",
  sizes: {
    reduced: { kills: 1, concurrent: 8 },
    full: { kills: 20, concurrent: 32 },
    hunt: { kills: 0, concurrent: 4 },
  },
  run: async ({ size, random, record, say, openArena }) => {
    const arena = await openArena();
    const [buyer] = (await arena.people.newBuyers(1)) as [Buyer];
    const samples = await samplesOn(arena, buyer);
    const keyed = keyedRoutes((await arena.http.ask("GET", "/openapi.json")).body);
    const without = keyed.filter((route) => !samples[route]);
    record.claim(
      "every keyed route of the OpenAPI document has its sample here",
      without.length === 0,
      without.join(", ") || `${keyed.length} of ${keyed.length}`,
    );
    const scene: Scene = { arena, carried: [] };
    record.row("Routes", ["route", "in sequence", "at once", "across kills", "another body"]);
    for (const [route, sample] of Object.entries(samples)) {
      const ways = [
        () => inSequence(scene, sample),
        () => atOnce(scene, sample, size.concurrent),
        () => acrossKills(scene, sample, size.kills, random),
        () => withAnotherBody(scene, sample),
      ];
      const results: (string | undefined)[] = [];
      for (const way of ways) results.push(await way().catch((error: Error) => error.message));
      record.row("Routes", [route, ...results.map((wrong) => wrong ?? "one effect")]);
      const wrong = results.filter((one) => one !== undefined);
      record.claim(route, wrong.length === 0, wrong.join("; ") || "one effect, one answer");
      say(`${route} asked in every way`);
    }
    await claimInvariants(arena, record, []);
    await claimNoLateEffect(scene, record);
  },
});

async function samplesOn(arena: Arena, buyer: Buyer): Promise<Record<string, Sample>> {
  const admin = arena.people.adminToken;
  const product = await arena.people.newProduct({ stock: 100_000 });
  const orders: string[] = [];
  for (let n = 0; n < 60; n++) {
    const body = { items: [{ product_id: product, quantity: 1 }] };
    orders.push((await arena.http.ask("POST", "/orders", { token: buyer.token, body })).body.id);
  }
  return {
    "POST /orders": {
      ...{ path: "/orders", token: buyer.token, owner: "orders" },
      body: (word) => ({ items: [{ product_id: product, quantity: 2 }], notes: word }),
      effects: "select count(*)::int as count from orders.orders where notes = $1 and status = 'PENDING'",
    },
    "POST /orders/{id}/cancel": {
      get path() {
        return `/orders/${orders.pop()}/cancel`;
      },
      ...{ token: buyer.token, owner: "billing" },
      body: (word) => ({ reason: word }),
      effects: "select count(*)::int as count from billing.credit_notes where snapshot like '%' || $1 || '%'",
    },
    "POST /customers": {
      ...{ path: "/customers", token: admin, owner: "orders" },
      body: (word) => ({ name: word }),
      effects: "select count(*)::int as count from orders.customers where name = $1",
    },
    "POST /products": {
      ...{ path: "/products", token: admin, owner: "inventory" },
      body: (word) => ({ sku: word, name: "Replayed", price: 5, stock_quantity: 7 }),
      effects: `select count(*)::int as count from inventory.movements m join inventory.products p on p.id = m.product_id
        where p.sku = $1`,
    },
    "POST /locations": {
      ...{ path: "/locations", token: admin, owner: "inventory" },
      body: (word) => ({ code: word.toUpperCase(), name: word, type: "DEPOT" }),
      effects: "select count(*)::int as count from inventory.locations where name = $1",
    },
    "POST /auth/register": {
      ...{ path: "/auth/register", owner: "identity" },
      body: (word) => ({
        email: `${word}@chaos.example`,
        password: "a buyer's long password",
        role: "CUSTOMER",
      }),
      effects: "select count(*)::int as count from orders.customers where email = $1 || '@chaos.example'",
    },
  };
}

interface OpenApi {
  paths: Record<string, Record<string, { parameters?: { $ref?: string }[] }>>;
}

function keyedRoutes({ paths }: OpenApi): string[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { parameters = [] }]) => parameters.some(({ $ref }) => $ref?.endsWith("/IdempotencyKey")))
      .map(([method]) => `${method.toUpperCase()} ${path}`),
  );
}

let words = 0;
const newWord = () => `again-${++words}`;

/** One request with its key and body fixed, so that it can be sent again and again. */
function requestOf(scene: Scene, sample: Sample) {
  const { arena } = scene;
  const word = newWord();
  const { path, token } = sample;
  const send = (body = sample.body(word)) =>
    arena.http.ask("POST", path, { ...(token && { token }), body, headers: { "idempotency-key": word } });
  const untilKnown = async () => {
    const answer = await poll(
      async () => {
        const one = await send();
        return isKnown(one) && one;
      },
      arena.patience.clientMs,
      100,
    );
    if (!answer) throw new Error(`${path} was not answered in time`);
    return answer;
  };
  const wrongIn = async (answers: readonly Answer[]) => wrongOf(scene, sample, word, answers);
  return { send, untilKnown, wrongIn };
}

/** Every request that was carried out once, to be looked at again when nothing is under way any more. */
type Carried = { readonly sample: Sample; readonly word: string }[];

interface Scene {
  readonly arena: Arena;
  readonly carried: Carried;
}

async function claimNoLateEffect({ arena, carried }: Scene, record: Recorder): Promise<void> {
  const counts = await Promise.all(carried.map(({ sample, word }) => countOf(arena, sample, word)));
  const wrong = counts.flatMap((count, n) => (count === 1 ? [] : [`${carried[n]?.word}: ${count} effects`]));
  record.claim(
    "no effect came later",
    wrong.length === 0,
    wrong.slice(0, 5).join("; ") || `${carried.length} requests`,
  );
}

/** Neither lost, nor "later", nor "try again". */
function isKnown({ status }: Answer): boolean {
  return ![0, 202, 503].includes(status);
}

/** A sentence on answers that differ, or on more or fewer effects than one; undefined when all is well. */
async function wrongOf(
  { arena, carried }: Scene,
  sample: Sample,
  word: string,
  answers: readonly Answer[],
): Promise<string | undefined> {
  const texts = new Set(answers.map(({ status, body }) => `${status} ${JSON.stringify(body)}`));
  if (texts.size > 1) return `${texts.size} answers: ${[...texts].join(" | ").slice(0, 300)}`;
  if (Math.floor((answers[0]?.status ?? 0) / 100) !== 2) return [...texts].join("").slice(0, 200);
  // A customer's account may be opened by an event that is still under way.
  const once = await poll(async () => (await countOf(arena, sample, word)) === 1, 5_000, 100);
  if (once) carried.push({ sample, word });
  return once ? undefined : `${await countOf(arena, sample, word)} effects`;
}

async function countOf(arena: Arena, { effects }: Sample, word: string): Promise<number> {
  return (await arena.sql<{ count: number }>(effects, [word]))[0]?.count ?? 0;
}

async function inSequence(scene: Scene, sample: Sample): Promise<string | undefined> {
  const { untilKnown, wrongIn } = requestOf(scene, sample);
  return wrongIn([await untilKnown(), await untilKnown(), await untilKnown()]);
}

async function atOnce(scene: Scene, sample: Sample, count: number): Promise<string | undefined> {
  const { untilKnown, wrongIn } = requestOf(scene, sample);
  return wrongIn(await Promise.all(Array.from({ length: count }, untilKnown)));
}

async function acrossKills(
  scene: Scene,
  sample: Sample,
  kills: number,
  random: Random,
): Promise<string | undefined> {
  for (let n = 0; n < kills; n++) {
    const { send, untilKnown, wrongIn } = requestOf(scene, sample);
    const first = send();
    await wait(random.between(0, 25));
    const [, early] = await Promise.all([
      scene.arena.killAndWait(random.pick([sample.owner, "gateway"])),
      first,
    ]);
    // What was answered before the kill is the answer.
    const told = isKnown(early) ? [early] : [];
    const wrong = await wrongIn([...told, await untilKnown(), await untilKnown()]);
    if (wrong) return wrong;
  }
  return undefined;
}

async function withAnotherBody(scene: Scene, sample: Sample): Promise<string | undefined> {
  const { send, untilKnown, wrongIn } = requestOf(scene, sample);
  const first = await untilKnown();
  const other = await send(sample.body(newWord()));
  if (other.status !== 422) return `another body under its key answered ${other.status}`;
  return wrongIn([first, await untilKnown()]);
}
