import { poll, serviceNames } from "@quartermaster/servers";
import type { InstanceName } from "@quartermaster/stack";
import type { Arena } from "../arena/arena";
import { followLog } from "../arena/service-log";
import { check, type Ground } from "../check";
import { untilSettled, violations } from "../invariants/checker";
import { claimFirstOrder, claimInvariants } from "../invariants/verdict";
import { type EveryKind, openEveryKind } from "../load/every-kind";
import { type Load, startLoad } from "../load/load";
import type { Random } from "../random";

const hitWithinMs = 25_000;

interface Point {
  readonly service: InstanceName;
  readonly name: string;
}

interface Sizes {
  /** How often each point is hit; from the second time on at a later pass of it. */
  readonly times: number;
  /** Whether the platform comes to rest and is checked after every round, or at the end alone. */
  readonly settles: boolean;
}

export const crashPoints = check<Sizes>({
  name: "crash-points",
  number: 1,
  about:
    "Every point between two durable effects that a service declares: the process kills itself there, under load.",
  sizes: { reduced: { times: 1, settles: false }, full: { times: 3, settles: true } },
  run: async (ground) => {
    const { size, random, record, say } = ground;
    let listing = true;
    const arena = await ground.openArena({
      envAtStart: (): NodeJS.ProcessEnv => (listing ? { CRASH_AT: "list" } : {}),
    });
    listing = false;
    const declared = serviceNames.flatMap((service) => pointsOf(arena, service));
    say(`${declared.length} points are declared`);
    const [rich, poor] = (await arena.people.newBuyers(2)) as [never, never];
    const productId = await arena.people.newProduct({ stock: 1_000_000 });
    await arena.people.asAdmin("PATCH", `/customers/${(poor as { customerId: string }).customerId}`, {
      body: { payment_terms: "CREDIT", credit_limit: 1 },
    });
    const every = await openEveryKind(arena, { rich, poor, productId });
    const load = startLoad(arena, random.fork("load"), record, {
      ...{ clients: 6, buyers: [rich], products: [productId], cancelled: 0.4, thinkMs: 20 },
    });
    const hits = await sweep(ground, arena, { declared, every, load });
    await claimFirstOrder(arena, record, rich, productId);
    await Promise.all([every.close(), load.stop()]);
    const hit = declared.filter((point) => (hits.get(point) ?? 0) >= size.times);
    record.row("Crash points", ["service", "point", "hits"]);
    for (const point of declared)
      record.row("Crash points", [point.service, point.name, `${hits.get(point) ?? 0}`]);
    record.claim(
      "every declared crash point is hit",
      hit.length === declared.length,
      `${hit.length} of ${declared.length}`,
    );
    await claimInvariants(arena, record, [load]);
  },
});

/** What the service itself said, when it was started to list them. */
function pointsOf(arena: Arena, service: InstanceName): Point[] {
  const lines = followLog(arena.logOf(service))();
  const names = lines.flatMap((line) => (line.crashPoints as string[] | undefined) ?? []);
  return [...new Set(names)].map((name) => ({ service, name }));
}

interface Scene {
  readonly declared: readonly Point[];
  readonly every: EveryKind;
  readonly load: Load;
}

/** One point of every service at a time, until each was hit as often as it should. */
async function sweep(
  { size, random, record, say }: Ground<Sizes>,
  arena: Arena,
  scene: Scene,
): Promise<Map<Point, number>> {
  const hits = new Map<Point, number>();
  for (let time = 1; time <= size.times; time++) {
    for (const points of roundsOf(scene.declared, random)) {
      const nth = time === 1 ? 1 : random.between(2, 4);
      const died = await hitAll(arena, scene.every, points, nth);
      for (const point of died) {
        hits.set(point, (hits.get(point) ?? 0) + 1);
        record.fault("crash point", `${point.service}: ${point.name}`);
      }
      const missed = points.filter((point) => !died.includes(point));
      say(
        `${[...hits.keys()].length} of ${scene.declared.length} hit${missed.map(({ service, name }) => `; missed ${service}: ${name}`).join("")}`,
      );
      if (!size.settles) continue;
      await scene.load.more(50);
      if (typeof (await untilSettledUnderLoad(arena)) === "string") say("sagas are still under way");
    }
  }
  return hits;
}

/** In a full run what can be checked under load is checked after each round; the rest at the end. */
async function untilSettledUnderLoad(arena: Arena): Promise<number | string> {
  const broken = (await violations(arena.sql)).filter(({ invariant }) => invariant === "I3");
  if (broken.length > 0) throw new Error(broken.map(({ says }) => says).join("; "));
  return untilSettled(arena.sql, 5_000);
}

/** The first round has the first point of each service, the next one the second, in an order that the seed gives. */
function roundsOf(declared: readonly Point[], random: Random): Point[][] {
  const lists = serviceNames.map((service) =>
    random.shuffle(declared.filter((point) => point.service === service)),
  );
  const rounds = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: rounds }, (_, n) => lists.flatMap((list) => list[n] ?? []));
}

/** Arms a point in each of these services, and makes traffic until all have died. Answers with those that did. */
async function hitAll(
  arena: Arena,
  every: EveryKind,
  points: readonly Point[],
  nth: number,
): Promise<Point[]> {
  const logs = points.map(({ service }) => followLog(arena.logOf(service)));
  for (const read of logs) read();
  const died = new Set<Point>();
  const look = () => {
    for (const [n, point] of points.entries())
      if (logs[n]?.().some(({ crashedAt }) => crashedAt === point.name)) died.add(point);
    return died.size === points.length;
  };
  await Promise.all(
    points.map(async ({ service, name }) => {
      arena.arm(service, { CRASH_AT: `${name}#${nth}` });
      await arena.stack.stopService(service, "SIGKILL");
      await arena.stack.startService(service);
    }),
  );
  const needsFence = points.some(({ name }) => /fence|undo/.test(name));
  await poll(
    async () => {
      await Promise.all([every.once(), needsFence && every.fenced()]);
      return look();
    },
    hitWithinMs,
    200,
  );
  return [...died];
}
