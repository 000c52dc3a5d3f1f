import { setTimeout as wait } from "node:timers/promises";
import type { Arena } from "../arena/arena";
import type { Buyer } from "../arena/people";
import { memoryOf } from "../arena/processes";
import { check } from "../check";
import { claimInvariants } from "../invariants/verdict";
import type { Recorder } from "../report/recorder";
import { percentile } from "../report/timeline";

/** What the gateway takes at once here; its default is made for larger machines than the one that runs the load too. */
const inFlightMax = 64;

export const overload = check({
  name: "overload",
  number: 14,
  about:
    "Five times the clients that the gateway is at its best with: goodput stays at 80 % of the peak, memory bounded, 503 with Retry-After; a flood of logins does not double the orders' p99.",
  sizes: { reduced: { phaseMs: 4_000 }, full: { phaseMs: 60_000 } },
  run: async ({ size, record, say, openArena }) => {
    const arena = await openArena({
      env: { IN_FLIGHT_MAX: `${inFlightMax}`, RATE_LIMIT_AUTH_PER_MINUTE: "600" },
    });
    const buyers = await arena.people.newBuyers(8);
    const product = await arena.people.newProduct({ stock: 100_000_000 });
    const phase = (clients: number) => flood(arena, record, { buyers, product, clients, ms: size.phaseMs });
    // Processes that have just started compile their hot code yet: the peak is the better one of before and after.
    await phase(inFlightMax / 2);
    const first = await phase(inFlightMax / 2);
    const before = memory(arena);
    const over = await phase((inFlightMax / 2) * 5);
    const after = memory(arena);
    const second = await phase(inFlightMax / 2);
    const peak = first.perSecond > second.perSecond ? first : second;
    say(`peak ${Math.round(peak.perSecond)} orders/s`);
    const share = over.perSecond / peak.perSecond;
    say(`at 5x: ${Math.round(over.perSecond)} orders/s, ${over.refused} refused`);
    // How it takes five times the orders that it can place, whoever waits for an answer or not, `make bench-overload` shows.
    record.claim(
      "goodput at 5x stays at 80 % of the peak",
      share >= 0.8,
      `${Math.round(over.perSecond)} of ${Math.round(peak.perSecond)} orders/s, ${Math.round(share * 100)} %`,
    );
    record.claim(
      "what is beyond is refused with Retry-After",
      over.refused > 0 && over.withoutRetryAfter === 0,
      `${over.refused} times 503, ${over.withoutRetryAfter} without`,
    );
    record.claim(
      "nothing else is answered",
      over.others.length === 0,
      over.others.slice(0, 3).join("; ") || "201 and 503 alone",
    );
    record.claim("memory is bounded", after < before * 1.5 + 200, `${before} MiB before, ${after} MiB after`);
    const calm = await phase(8);
    const flooding = floodLogins(arena, size.phaseMs);
    const under = await phase(8);
    await flooding;
    const [calmP99, underP99] = [calm.p99Ms, under.p99Ms];
    record.claim(
      "a flood of logins does not double the orders' p99",
      underP99 <= 2 * calmP99,
      `${Math.round(calmP99)} ms, ${Math.round(underP99)} ms under the flood`,
    );
    await claimInvariants(arena, record, []);
  },
});

interface Flooded {
  perSecond: number;
  p99Ms: number;
  refused: number;
  withoutRetryAfter: number;
  others: string[];
}

/** So many clients that place one order after the other; whoever is refused comes again soon. */
async function flood(
  { http }: Arena,
  record: Recorder,
  {
    buyers,
    product,
    clients,
    ms,
  }: { buyers: readonly Buyer[]; product: number; clients: number; ms: number },
): Promise<Flooded> {
  const until = Date.now() + ms;
  const latencies: number[] = [];
  const seen: Flooded = { perSecond: 0, p99Ms: 0, refused: 0, withoutRetryAfter: 0, others: [] };
  const client = async (n: number) => {
    while (Date.now() < until) {
      const body = { items: [{ product_id: product, quantity: 1 }] };
      const token = buyers[n % buyers.length]?.token ?? "";
      const answer = await http.ask("POST", "/orders", { token, body });
      record.sample({ at: Date.now(), ms: answer.ms, answered: answer.status === 201 });
      record.count(`answers ${answer.status}`);
      if (answer.status === 201) latencies.push(answer.ms);
      else if (answer.status === 503 || answer.status === 429) {
        seen.refused += 1;
        if (!answer.headers["retry-after"]) seen.withoutRetryAfter += 1;
        await wait(100);
      } else seen.others.push(`${answer.status} ${JSON.stringify(answer.body)}`.slice(0, 200));
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, n) => client(n)));
  latencies.sort((a, b) => a - b);
  return { ...seen, perSecond: latencies.length / (ms / 1_000), p99Ms: percentile(latencies, 99) ?? 0 };
}

async function floodLogins(arena: Arena, ms: number): Promise<void> {
  const until = Date.now() + ms;
  let n = 0;
  const client = async () => {
    while (Date.now() < until) {
      const body = { email: `nobody-${++n}@chaos.example`, password: "not the password of anybody" };
      await arena.http.ask("POST", "/auth/login", { body });
    }
  };
  await Promise.all(Array.from({ length: 16 }, client));
}

/** Of the six services together, in MiB. */
function memory(arena: Arena): number {
  const pids = Object.entries(arena.stack.pids()).filter(([name]) => name !== "postgres" && name !== "nats");
  return pids.reduce((sum, [, pid]) => sum + (pid === undefined ? 0 : (memoryOf(pid) ?? 0)), 0);
}
