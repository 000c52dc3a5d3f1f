import { describeMachine } from "@quartermaster/servers";
import { openFindings, sayEnd, wrongAnswers } from "./findings";
import { openGround } from "./ground";
import { type MemoryMb, memoryOf, memoryText, totalMb } from "./memory";
import { runBench, writeResults } from "./program";
import { count, readSettings } from "./settings";
import { median } from "./statistics";
import { brokenInAll } from "./turns";
import { atMost, memoryMbMax, verdictTable } from "./verdicts";

/** The memory of the six services through minutes of full load: whether it is little, and whether it stays so. */
runBench(async (bench) => {
  const settings = readSettings({ ONLY: "quartermaster", ...process.env });
  const minutes = count(process.env, "MINUTES", 5, 2);
  bench.say(
    `${minutes} minutes of orders over ${settings.connections} connections; memory is looked at all the while.`,
  );
  const ground = await openGround(settings, bench.folder, { say: bench.tell, started: bench.started });
  const { platform } = ground;
  if (!platform) throw new Error("ONLY must name quartermaster");
  const { broken, wrong } = openFindings(bench);
  const rows: Minute[] = [];
  const settledMs: number[] = [];
  for (let minute = 1; minute <= minutes; minute += 1) {
    const watch = watchMemory(() => memoryOf(platform.services()));
    const load = await platform.load("spread", 60);
    const { orders, seconds } = load;
    const memory = watch.end();
    if (!memory) throw new Error("memory cannot be read on this system: /proc is missing");
    rows.push({ minute, ordersPerSecond: orders / seconds, memory });
    bench.tell(
      `minute ${minute}: ${totalMb(memory).toFixed(0)} MB, ${(orders / seconds).toFixed(0)} orders/s`,
    );
    settledMs.push(await platform.settle());
    wrong(`minute ${minute}`, [...wrongAnswers(load), ...(await platform.rows.ofNewRows())]);
  }
  wrong("at the end", await brokenInAll(platform));
  const totals = rows.map(({ memory }) => totalMb(memory));
  const verdicts = [
    atMost(memoryMbMax, {
      claim: "memory of the six services in the last minute",
      value: totals.at(-1),
      decimals: 0,
      unit: "MB",
    }),
    atMost(growthMax, {
      claim: "the last minute's, of that of the middle",
      value: (totals.at(-1) ?? Number.NaN) / (totals[Math.floor((minutes - 1) / 2)] ?? Number.NaN),
    }),
  ];
  const machine = describeMachine(ground.postgresVersion);
  const file = writeResults("memory", { machine, settings, minutes: rows, settledMs, verdicts, broken });
  bench.say(`\n${tableOf(rows)}\n\n${verdictTable(verdicts)}\n`);
  return sayEnd(bench, { broken, file });
});

/** Medians of one minute. */
interface Minute {
  readonly minute: number;
  readonly ordersPerSecond: number;
  readonly memory: MemoryMb;
}

/** A heap breathes by some percent with its collections; what leaks under a thousand orders a second passes that at once. */
const growthMax = 1.05;

const lookEveryMs = 1_000;

/** Looks once a second; `end` answers with the median of each process. */
function watchMemory(look: () => MemoryMb | undefined) {
  const seen: MemoryMb[] = [];
  const timer = setInterval(() => {
    const memory = look();
    if (memory) seen.push(memory);
  }, lookEveryMs);
  return {
    end: (): MemoryMb | undefined => {
      clearInterval(timer);
      const [first] = seen;
      if (!first) return undefined;
      return Object.fromEntries(
        Object.keys(first).map((name) => [name, median(seen.map((each) => each[name] ?? 0))]),
      );
    },
  };
}

function tableOf(rows: readonly Minute[]): string {
  const lines = rows.map(
    ({ minute, ordersPerSecond, memory }) =>
      `  minute ${minute}${`${totalMb(memory).toFixed(0)} MB`.padStart(10)}${`${ordersPerSecond.toFixed(0)} orders/s`.padStart(16)}    ${memoryText(memory)}`,
  );
  return ["Memory of the services, resident, median of each minute", ...lines].join("\n");
}
