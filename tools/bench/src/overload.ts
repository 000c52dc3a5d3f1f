import { describeMachine } from "@quartermaster/servers";
import { cpuBetween, cpuOf } from "./cpu";
import { openFindings, sayEnd, wrongAnswers } from "./findings";
import { type Ground, openGround } from "./ground";
import { withClient } from "./invariants";
import { openWork } from "./invariants-quartermaster";
import { placeOrders } from "./load";
import { type MemoryMb, memoryOf, totalMb } from "./memory";
import { arrive } from "./open-load";
import { lineOf, type Round, tableOf } from "./overload-report";
import { type Bench, runBench, writeResults } from "./program";
import type { Platform } from "./quartermaster";
import { count, readSettings } from "./settings";
import { median } from "./statistics";
import { brokenInAll } from "./turns";
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
  const { broken, wrong } = openFindings(bench);
  for (let number = 1; number <= overload.rounds; number += 1) {
    const round = await oneRound(overload, platform, { bench, ground });
    rounds.push(round);
    wrong(`round ${number}`, [...brokenIn(round), ...(await platform.rows.ofNewRows())]);
  }
  wrong("at the end", await brokenInAll(platform));
  const verdicts = verdictsOf(rounds);
  const machine = describeMachine(ground.postgresVersion);
  const file = writeResults("overload", { machine, settings, overload, verdicts, broken, rounds });
  bench.say(`\n${tableOf(rounds)}\n\n${verdictTable(verdicts)}\n`);
  return sayEnd(bench, { broken, file });
});

interface Overload {
  readonly times: number;
  readonly connections: number;
  readonly seconds: number;
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
  const wantedPerSecond = Math.round(peak.perSecond * overload.times);
  const flood = await arrive({
    url: platform.url,
    tokens: platform.tokens,
    productIds: platform.productIds,
    ratePerSecond: wantedPerSecond,
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
    peakOthers: peak.others,
    wantedPerSecond,
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
  const others: string[] = [];
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
    others.push(...wrongAnswers(load));
    if (perSecond > best.perSecond) best = { perSecond, connections };
  }
  return { ...best, others };
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

/** Of what was to arrive; the rest is the load generator's unevenness. */
const offeredShareMin = 0.95;

function brokenIn({ flood, peakOthers, wantedPerSecond }: Round): string[] {
  const broken = peakOthers.map((sentence) => `while the peak was looked for: ${sentence}`);
  const others = Object.entries(flood.others).map(([status, times]) => `${times} x ${status}`);
  if (others.length > 0) broken.push(`answers that are no order and no 429 or 503: ${others.join(", ")}`);
  const offered = flood.offered / flood.seconds;
  // Whoever found no free connection was not there: an overload that was not offered was not withstood either.
  if (offered < offeredShareMin * wantedPerSecond)
    broken.push(`only ${offered.toFixed(0)} orders/s of ${wantedPerSecond} were offered`);
  return broken;
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
