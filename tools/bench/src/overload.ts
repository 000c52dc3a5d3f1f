import { describeMachine } from "@quartermaster/servers";
import { type CpuSeconds, cpuBetween, cpuOf } from "./cpu";
import { type Ground, openGround } from "./ground";
import { withClient } from "./invariants";
import { openWork } from "./invariants-quartermaster";
import { placeOrders } from "./load";
import { type MemoryMb, memoryOf, memoryText, totalMb } from "./memory";
import { arrive, type OpenLoadResult } from "./open-load";
import { type Bench, runBench, writeResults } from "./program";
import type { Platform } from "./quartermaster";
import { count, readSettings } from "./settings";
import { median } from "./statistics";
import { atLeast, atMost, settleMsMax, type Verdict, verdictTable } from "./verdicts";

/**
 * What becomes of the platform at several times the load that it can carry: finds the peak with buyers who wait for their
 * answer, then lets orders arrive at a multiple of that rate whether answered or not, turn by turn.
 */
runBench(async (bench) => {
  const settings = readSettings({ SHAPES: "spread", ONLY: "quartermaster", ...process.env });
  const overload = {
    times: count(process.env, "TIMES", 5),
    connections: count(process.env, "OVERLOAD_CONNECTIONS", 3_000),
    rounds: settings.rounds,
    seconds: settings.measureSeconds,
  };
  bench.say(
    `The peak, then ${overload.times} times as much: ${overload.rounds} x ${overload.seconds} s each.`,
  );
  const ground = await openGround(settings, bench.folder, { say: bench.tell, started: bench.started });
  const { platform } = ground;
  if (!platform) throw new Error("ONLY must name quartermaster");
  bench.tell(`warming up: ${settings.warmUpSeconds} s`);
  await platform.load("spread", settings.warmUpSeconds);
  await platform.settle();
  const rounds: Round[] = [];
  const broken: string[] = [];
  for (let round = 1; round <= overload.rounds; round += 1) {
    rounds.push(await oneRound(overload, platform, { bench, ground }));
    broken.push(...(await platform.rows.ofNewRows()));
  }
  broken.push(...(await platform.rows.ofAllRows()), ...((await platform.brokenAtTheEnd?.()) ?? []));
  broken.push(...rounds.flatMap(({ flood }) => brokenIn(flood)));
  const verdicts = verdictsOf(rounds);
  const machine = describeMachine(ground.postgresVersion);
  const file = writeResults("overload", { machine, settings, overload, verdicts, broken, rounds });
  bench.say(`\n${tableOf(rounds)}\n\n${verdictTable(verdicts)}\n`);
  for (const sentence of broken) bench.say(`BROKEN: ${sentence}`);
  bench.say(`Raw results: ${file}`);
  bench.say(broken.length === 0 ? "Done: every invariant holds." : "Failed: the figures do not count.");
  return broken.length === 0;
});

interface Overload {
  readonly times: number;
  readonly connections: number;
  readonly seconds: number;
}

interface Round {
  readonly peakPerSecond: number;
  readonly peakConnections: number;
  readonly flood: OpenLoadResult;
  readonly goodputPerSecond: number;
  readonly settleMs: number;
  readonly memoryBefore: MemoryMb | undefined;
  /** The most of each service while orders arrived. */
  readonly memoryMost: MemoryMb | undefined;
  /** The most orders that were under way at once, as far as they were durable. */
  readonly underWayMost: number;
  /** While orders arrived, the load generator included. */
  readonly cpuSeconds?: CpuSeconds;
}

/** Buyers who wait: more than these and answers only come later. */
const closedConnections = [64, 192];

async function oneRound(
  overload: Overload,
  platform: Platform,
  { bench, ground }: { bench: Bench; ground: Ground },
): Promise<Round> {
  const peak = await peakOf(platform, overload.seconds);
  await platform.settle();
  bench.tell(`peak: ${peak.perSecond.toFixed(0)} orders/s with ${peak.connections} connections`);
  const memoryBefore = memoryOf(platform.services());
  const watch = watching(platform, ground.adminUrl);
  const processes = [...ground.processes, ...platform.processes()];
  const cpuBefore = { counted: cpuOf(processes), own: process.cpuUsage() };
  const flood = await arrive({
    url: platform.url,
    tokens: platform.tokens,
    productIds: platform.productIds,
    ratePerSecond: Math.round(peak.perSecond * overload.times),
    connections: overload.connections,
    seconds: overload.seconds,
  });
  const cpuAfter = cpuOf(processes);
  const own = process.cpuUsage(cpuBefore.own);
  const cpuSeconds = cpuBefore.counted &&
    cpuAfter && {
      ...cpuBetween(cpuBefore.counted, cpuAfter),
      generator: (own.user + own.system) / 1_000_000,
    };
  const settleMs = await platform.settle();
  const { memoryMost, underWayMost } = await watch.end();
  const round: Round = {
    peakPerSecond: peak.perSecond,
    peakConnections: peak.connections,
    flood,
    goodputPerSecond: flood.placed / flood.seconds,
    settleMs,
    memoryBefore,
    memoryMost,
    underWayMost,
    ...(cpuSeconds && { cpuSeconds }),
  };
  bench.tell(`${overload.times} x: ${lineOf(round)}`);
  return round;
}

async function peakOf(platform: Platform, seconds: number) {
  let best = { perSecond: 0, connections: 0 };
  for (const connections of closedConnections) {
    const { url, tokens, productIds } = platform;
    const load = await placeOrders({
      urls: [url],
      tokens,
      productIds,
      connections,
      shape: "spread",
      seconds,
    });
    const perSecond = load.orders / load.seconds;
    if (perSecond > best.perSecond) best = { perSecond, connections };
  }
  return best;
}

const watchEveryMs = 1_000;

/** Looks at memory and open work once a second. */
function watching(platform: Platform, adminUrl: string) {
  let memoryMost: MemoryMb | undefined;
  let underWayMost = 0;
  let ended = false;
  const loop = withClient(adminUrl, async (client) => {
    while (!ended) {
      const memory = memoryOf(platform.services());
      if (memory) memoryMost = most(memoryMost, memory);
      const { rows } = await client.query(
        "select count(*)::int as open from orders.sagas where due_at is not null",
      );
      underWayMost = Math.max(underWayMost, rows[0].open);
      await new Promise((resolve) => setTimeout(resolve, watchEveryMs));
    }
    return openWork(client);
  });
  return {
    end: async () => {
      ended = true;
      await loop;
      return { memoryMost, underWayMost };
    },
  };
}

function most(known: MemoryMb | undefined, now: MemoryMb): MemoryMb {
  return Object.fromEntries(
    Object.entries(now).map(([name, mb]) => [name, Math.max(mb, known?.[name] ?? 0)]),
  );
}

function brokenIn(flood: OpenLoadResult): string[] {
  const others = Object.entries(flood.others).map(([status, times]) => `${times} x ${status}`);
  return others.length > 0 ? [`answers that are no order and no 429 or 503: ${others.join(", ")}`] : [];
}

function verdictsOf(rounds: readonly Round[]): Verdict[] {
  const share = median(rounds.map((each) => each.goodputPerSecond / each.peakPerSecond));
  const without = rounds.reduce((sum, { flood }) => sum + flood.refusedWithoutRetryAfter + flood.errors, 0);
  const growth = rounds.map(({ memoryBefore, memoryMost }) =>
    memoryBefore && memoryMost ? totalMb(memoryMost) - totalMb(memoryBefore) : Number.NaN,
  );
  return [
    atLeast(0.8, { claim: "goodput, of the peak", value: share }),
    atMost(0, { claim: "refused without Retry-After, or not answered", value: without, decimals: 0 }),
    atMost(settleMsMax / 1000, {
      claim: "all work done after the load, longest",
      value: Math.max(...rounds.map((each) => each.settleMs)) / 1000,
      decimals: 1,
      unit: "s",
    }),
    atMost(memoryGrowthMbMax, {
      claim: "memory that the load took, last round",
      value: growth.at(-1),
      decimals: 0,
      unit: "MB",
    }),
  ];
}

/** 2,000 requests under way at some 20 kB in each of six processes, and what a collection leaves for the next. */
const memoryGrowthMbMax = 300;

function tableOf(rounds: readonly Round[]): string {
  const lines = rounds.flatMap((round, index) => {
    const { memoryBefore, memoryMost } = round;
    const memory =
      memoryBefore && memoryMost
        ? [`    memory, MB: before ${totalMb(memoryBefore).toFixed(0)}, most ${memoryText(memoryMost)}`]
        : [];
    const peak = `${round.peakPerSecond.toFixed(0)} orders/s at the peak (${round.peakConnections} connections)`;
    const cpu = round.cpuSeconds
      ? [`    CPU, cores: ${coresText(round.cpuSeconds, round.flood.seconds)}`]
      : [];
    return [`  round ${index + 1}: ${peak}`, `    ${lineOf(round)}`, ...memory, ...cpu];
  });
  return ["Overload", ...lines].join("\n");
}

function coresText(cpu: CpuSeconds, seconds: number): string {
  return Object.entries(cpu)
    .map(([name, each]) => `${name} ${(each / seconds).toFixed(2)}`)
    .join(", ");
}

function lineOf({ flood, goodputPerSecond, peakPerSecond, settleMs, underWayMost }: Round): string {
  const perSecond = (number: number) => (number / flood.seconds).toFixed(0);
  const share = ((goodputPerSecond / peakPerSecond) * 100).toFixed(0);
  return (
    `${perSecond(flood.offered)} offered/s, ${goodputPerSecond.toFixed(0)} placed/s (${share} % of the peak), ` +
    `${perSecond(flood.refused)} refused/s, ${perSecond(flood.unsent)} unsent/s, ${flood.errors} errors, ` +
    `p50 ${flood.p50Ms.toFixed(0)} ms, p99 ${flood.p99Ms.toFixed(0)} ms, refusals p99 ${flood.refusedP99Ms.toFixed(0)} ms, ` +
    `at most ${underWayMost} sagas under way, done ${(settleMs / 1000).toFixed(1)} s after`
  );
}
