import type { ProcessName, Stack } from "@quartermaster/stack";
import { eventually } from "@quartermaster/testkit";
import type { NatsConnection } from "nats";
import { auditIsComplete, brokenInvariants } from "./support/invariants";
import type { Buyer, Journey } from "./support/journey";
import { openTwoOfEach, type TwoOfEach } from "./support/two-of-each";

let two: TwoOfEach;
let stack: Stack;
let journey: Journey;
let operator: NatsConnection;
let buyer: Buyer;

beforeAll(async () => {
  two = await openTwoOfEach();
  ({ stack, journey, buyer, operator } = two);
}, 120_000);

afterAll(() => two?.close(), 60_000);

const processOf = (service: string, n: number) => (n === 1 ? service : `${service}-${n}`) as ProcessName;

/** The instances that say that they are at work. */
async function atWork(service: string): Promise<number[]> {
  const health = async (n: number) => {
    const subject = `ops.${service}.${service}-${n}.health`;
    const answer = await operator.request(subject, "", { timeout: 1_000 }).catch(() => undefined);
    return answer?.json<{ atWork: boolean }>().atWork ? [n] : [];
  };
  return (await Promise.all([1, 2].map(health))).flat();
}

async function theOneAtWork(service: string): Promise<number> {
  let working: number[] = [];
  const isOne = async () => {
    working = await atWork(service);
    return working.length === 1;
  };
  await eventually(isOne, { withinMs: 20_000 });
  return working[0] as number;
}

/** Eight clients that place orders until they are told to stop; what each was answered. */
function startLoad(product: number) {
  const statuses: number[] = [];
  let loading = true;
  const body = { items: [{ product_id: product, quantity: 1 }] };
  const lanes = Array.from({ length: 8 }, async () => {
    while (loading) statuses.push((await journey.ask("POST", "/orders", { as: buyer.token, body })).status);
  });
  return {
    more: (count: number, withinMs: number) => {
      const wanted = statuses.length + count;
      return eventually(async () => statuses.length >= wanted, { withinMs });
    },
    stop: async () => {
      loading = false;
      await Promise.all(lanes);
      return statuses;
    },
  };
}

const everythingHolds = async () => {
  await eventually(async () => Object.keys(await brokenInvariants(journey)).length === 0, {
    withinMs: 60_000,
  });
  await eventually(() => auditIsComplete(journey), { withinMs: 30_000 });
};

test("the instance at work is killed: the other takes over, and every order under way is placed", async () => {
  const load = startLoad(await journey.newProduct({ stock_quantity: 1_000_000 }));
  await load.more(50, 30_000);
  for (const service of ["orders", "inventory", "billing"]) {
    const killed = await theOneAtWork(service);
    stack.signalService(processOf(service, killed), "SIGKILL");
    await eventually(async () => (await atWork(service)).some((n) => n !== killed), { withinMs: 5_000 });
    await load.more(50, 15_000);
  }
  expect([...new Set(await load.stop())]).toEqual([201]);
  await everythingHolds();
}, 150_000);

test("the instance at work is frozen: the other takes over within seconds, and it stands by when it wakes up", async () => {
  const load = startLoad(await journey.newProduct({ stock_quantity: 1_000_000 }));
  await load.more(50, 30_000);
  const frozen = await theOneAtWork("inventory");
  stack.signalService(processOf("inventory", frozen), "SIGSTOP");
  const other = 3 - frozen;
  await eventually(async () => (await atWork("inventory")).includes(other), { withinMs: 8_000 });
  // Whoever asked the frozen one asks again.
  await load.more(50, 20_000);
  stack.signalService(processOf("inventory", frozen), "SIGCONT");
  expect(await theOneAtWork("inventory")).toBe(other);
  await load.more(50, 20_000);
  const statuses = await load.stop();
  // 202: decided after the longest wait.
  expect(statuses.filter((status) => status !== 201 && status !== 202)).toEqual([]);
  await everythingHolds();
}, 150_000);
