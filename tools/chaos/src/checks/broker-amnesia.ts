import { setTimeout as wait } from "node:timers/promises";
import { poll } from "@quartermaster/servers";
import { connect, type NatsConnection } from "nats";
import type { Arena } from "../arena/arena";
import type { Buyer } from "../arena/people";
import { check } from "../check";
import { untilSettled } from "../invariants/checker";
import { sources } from "../invariants/statements";
import { claimFirstOrder, claimInvariants } from "../invariants/verdict";
import { openUnderLoad, type UnderLoad } from "../load/under-load";
import type { Recorder } from "../report/recorder";

/** RELIABILITY.md, 3. */
const healedWithinMs = 30_000;

export const brokerAmnesia = check({
  name: "broker-amnesia",
  number: 3,
  about: "The NATS store wiped, and rolled back to an older copy, under load; healed in 30 s without help.",
  sizes: {
    reduced: { rounds: 1, clients: 8 },
    full: { rounds: 20, clients: 16 },
    hunt: { rounds: 1, clients: 4 },
  },
  run: async (ground) => {
    const { size, random, record, say } = ground;
    const scene = await openUnderLoad(ground, {
      ...{ clients: size.clients, thinkMs: 10, buyersCount: 4, stocked: [{ stock: 1_000_000 }] },
      settledFirst: 100,
    });
    const { arena, load } = scene;
    for (let round = 0; round < size.rounds; round++) {
      await load.more(100);
      await wait(random.between(0, 1_000));
      say(`store wiped; ${load.settled} operations settled`);
      await arena.wipeNats();
      await claimBack(record, scene, `wiped, round ${round + 1}`);
      await load.more(100);
      await arena.copyNats();
      await load.more(200);
      say(`store rolled back; ${load.settled} operations settled`);
      await arena.rollBackNats();
      await claimBack(record, scene, `rolled back, round ${round + 1}`);
    }
    await load.stop();
    await claimInvariants(arena, record, [load], record.sinceFaults());
    await claimStreamWhole(arena, record);
  },
});

/** Both are timed from the same moment, the store's return. */
async function claimBack(record: Recorder, scene: UnderLoad, when: string): Promise<void> {
  const { arena, buyers, products } = scene;
  await Promise.all([
    claimHealed(arena, record, when),
    claimFirstOrder(arena, record, buyers[0] as Buyer, products[0] as number),
  ]);
}

/** The audit has caught up with all that was said until now: under load there is always something newer. */
async function claimHealed(arena: Arena, record: Recorder, when: string): Promise<void> {
  const marks = await countersOf(arena);
  const isHeard = async () => {
    const rows = await arena.sql<{ source: string; contiguous: string }>(
      "select source, contiguous from audit.heard",
    );
    return [...marks].every(
      ([source, seq]) => Number(rows.find((row) => row.source === source)?.contiguous ?? 0) >= seq,
    );
  };
  const isThere = await poll(isHeard, Math.max(healedWithinMs - record.sinceFaults(), 0), 100);
  const afterMs = record.sinceFaults();
  record.claim(
    `${when}: the audit has all that was said, within 30 s`,
    isThere === true && afterMs <= healedWithinMs,
    isThere ? `after ${(afterMs / 1_000).toFixed(1)} s` : "not healed",
  );
}

async function countersOf(arena: Arena): Promise<Map<string, number>> {
  const counters = sources
    .map((one) => `select '${one}' as source, last_seq from ${one}.event_counter`)
    .join(" union all ");
  const rows = await arena.sql<{ source: string; last_seq: string }>(counters);
  return new Map(rows.map(({ source, last_seq }) => [source, Number(last_seq)]));
}

/** The stream itself was refilled from the outboxes: it holds every number of every source. */
export async function claimStreamWhole(arena: Arena, record: Recorder): Promise<void> {
  await untilSettled(arena.sql, healedWithinMs);
  const login = arena.stack.natsLogin("operator");
  const nats = await connect({
    servers: arena.stack.natsUrl,
    ...(login && { user: login.user, pass: login.password }),
  });
  try {
    const missing = async () => missingOf(await storedOf(nats), await saidOf(arena));
    const whole = await poll(async () => (await missing()).length === 0, healedWithinMs, 500);
    const total = [...(await saidOf(arena)).values()].reduce((sum, count) => sum + count, 0);
    record.claim(
      "the stream was refilled and holds as many events of each kind as were said",
      whole === true,
      whole ? `${total} events` : (await missing()).join(", "),
    );
  } finally {
    await nats.close();
  }
}

/** More are no loss: what is published twice, receivers know by its number. */
function missingOf(stored: ReadonlyMap<string, number>, said: ReadonlyMap<string, number>): string[] {
  return [...said].flatMap(([subject, count]) => {
    const there = stored.get(subject) ?? 0;
    return there < count ? [`${count - there} of ${subject}`] : [];
  });
}

async function saidOf(arena: Arena): Promise<Map<string, number>> {
  const subjects = sources.map(
    (one) => `select subject, count(*)::int as count from ${one}.outbox group by subject`,
  );
  const rows = await arena.sql<{ subject: string; count: number }>(subjects.join(" union all "));
  return new Map(rows.map(({ subject, count }) => [subject, count]));
}

async function storedOf(nats: NatsConnection): Promise<Map<string, number>> {
  const manager = await nats.jetstreamManager({ checkAPI: false });
  const { state } = await manager.streams.info("EVENTS", { subjects_filter: "evt.>" });
  return new Map(Object.entries(state.subjects ?? {}));
}
