import { CreateLocation, ListLocations } from "@quartermaster/contracts";
import { eventually, openWorld, type World } from "@quartermaster/testkit";
import { done, type Handler, handle, newId, type RunningService, reply } from "../src/index";
import { locationOf, meta, startOn } from "./fixture";

let world: World;
const running: RunningService[] = [];

beforeEach(async () => {
  world = await openWorld("inventory");
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
  await world?.close();
});

/** Instances whose batches are under way or over, in the order in which they began. */
interface Work {
  readonly batches: { by: string; codes: string[] }[];
  readonly queries: Set<string>;
  underWay: number;
  mostAtOnce: number;
  /** Awaited by a batch with the code SLOW of the instance named. */
  slow?: { by: string; until: Promise<void> };
}

const noWork = (): Work => ({ batches: [], queries: new Set(), underWay: 0, mostAtOnce: 0 });

function messagesOf(by: string, work: Work): Handler[] {
  return [
    handle(CreateLocation, async (tx, commands) => {
      const codes = commands.map((one) => one.ask.code);
      work.batches.push({ by, codes });
      work.mostAtOnce = Math.max(work.mostAtOnce, ++work.underWay);
      if (work.slow?.by === by && codes.includes("SLOW")) await work.slow.until;
      await tx.rows({ text: "select 1" });
      work.underWay -= 1;
      return commands.map((one) => done(locationOf(one)));
    }),
    reply(ListLocations, async () => {
      work.queries.add(by);
      return { data: [], next: null };
    }),
  ];
}

async function start(instance: string, work: Work): Promise<RunningService> {
  const service = await startOn(world, "inventory", messagesOf(instance, work), instance);
  running.push(service);
  return service;
}

const open = (service: RunningService, code: string, id = newId()) =>
  service.asker.ask(CreateLocation, { code, name: code, type: "DEPOT" }, { id, meta, timeoutMs: 10_000 });

/** What the server does with the session of a leader that is frozen or cut off. */
const endLead = (instance: string) =>
  world.sql(
    `select pg_terminate_backend(pid) from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and granted and datname = current_database() and application_name = $1`,
    [`inventory/${instance}`],
  );

test("a lone instance works at once, and goes on when it has lost its session", async () => {
  const work = noWork();
  const one = await start("one", work);
  expect(one.isAtWork()).toBe(true);
  await open(one, "A");
  await endLead("one");
  await open(one, "B");
  expect(one.isAtWork()).toBe(true);
  expect(work.batches).toEqual([
    { by: "one", codes: ["A"] },
    { by: "one", codes: ["B"] },
  ]);
});

test("of two instances one takes all commands, in batches that never overlap; both answer queries", async () => {
  const work = noWork();
  const one = await start("one", work);
  const two = await start("two", work);
  expect([one.isAtWork(), two.isAtWork()]).toEqual([true, false]);
  await Promise.all(Array.from({ length: 100 }, (_, n) => open(n % 2 ? one : two, `L${n}`)));
  expect(new Set(work.batches.map(({ by }) => by))).toEqual(new Set(["one"]));
  expect(work.batches.flatMap(({ codes }) => codes)).toHaveLength(100);
  expect(work.mostAtOnce).toBe(1);
  const bothAnswered = async () => {
    await one.asker.ask(ListLocations, { limit: 1 }, { meta, timeoutMs: 5_000 });
    return work.queries.size === 2;
  };
  await eventually(bothAnswered, { withinMs: 10_000 });
});

test("who asks while the lead changes is answered by the next one, and hears nothing of it", async () => {
  const work = noWork();
  const one = await start("one", work);
  const two = await start("two", work);
  const stopped = one.stop();
  running.splice(0, 1);
  await Promise.all(Array.from({ length: 20 }, (_, n) => open(two, `L${n}`)));
  await stopped;
  await open(two, "AFTER");
  expect(two.isAtWork()).toBe(true);
  expect(work.batches.at(-1)).toEqual({ by: "two", codes: ["AFTER"] });
});

test("one that has lost the lead in the middle of a batch does no harm: the command has its effect once", async () => {
  const work = noWork();
  let goOn: () => void = () => undefined;
  work.slow = {
    by: "one",
    until: new Promise((resolve) => {
      goOn = resolve;
    }),
  };
  const one = await start("one", work);
  const two = await start("two", work);
  const id = newId();
  const first = open(one, "SLOW", id);
  await eventually(async () => work.underWay === 1, { withinMs: 5_000 });
  // The one that has lost its session tries again itself: whoever is first leads.
  const isTwos = async () => {
    await endLead("one");
    return two.isAtWork() && !one.isAtWork();
  };
  await eventually(isTwos, { withinMs: 10_000 });
  const second = await open(two, "SLOW", id).finally(goOn);
  expect(work.mostAtOnce).toBe(2);
  expect(await first).toEqual(second);
  const stored = await world.sql<{ n: number }>("select count(*)::int as n from inventory.inbox");
  expect(stored).toEqual([{ n: 1 }]);
});

test("an instance that is cut off from NATS leaves its work to another", async () => {
  const work = noWork();
  const one = await start("one", work);
  const two = await start("two", work);
  await one.nats.close();
  await eventually(async () => two.isAtWork(), { withinMs: 10_000 });
  await open(two, "A");
  expect(work.batches.at(-1)).toEqual({ by: "two", codes: ["A"] });
});
