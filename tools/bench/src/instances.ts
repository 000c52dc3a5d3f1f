import { join } from "node:path";
import { describeMachine, serviceNames } from "@quartermaster/servers";
import { type Contender, duel, duelTable } from "./duel";
import { sayEnd } from "./findings";
import { startBenchStack } from "./ground";
import { runBench, writeResults } from "./program";
import { fillQuartermaster } from "./quartermaster";
import { readSettings } from "./settings";
import { atLeast, verdictTable } from "./verdicts";

/**
 * Two instances of each service, gateways included, against one of each: two stacks with the same load, turn by turn. On
 * one machine a second instance cannot bring anything; the question is whether it costs something, and whether all stays
 * correct.
 */
runBench(async (bench) => {
  const settings = readSettings({ SHAPES: "spread,hot", ...process.env });
  const { rounds, measureSeconds: seconds, shapes } = settings;
  bench.say(
    `${rounds} x ${seconds} s of each load (${shapes.join(", ")}) on one and on two instances of each service.`,
  );
  const contenders: Contender[] = [];
  for (const [name, each] of [
    ["one", 1],
    ["two", 2],
  ] as const) {
    const instances = Object.fromEntries(serviceNames.map((service) => [service, each]));
    const stack = await startBenchStack(
      join(bench.folder, name),
      { say: bench.tell, started: bench.started },
      { instances },
    );
    const target = await fillQuartermaster({ settings, stack, say: bench.tell });
    contenders.push({ name: `${name} of each`, stack, target });
  }
  const result = await duel(settings, contenders, bench);
  const verdicts = result.ratios.map(({ shape, ratio }) =>
    atLeast(1 - noise, { claim: `orders/s, ${shape}, two of one's`, value: ratio }),
  );
  const machine = describeMachine(result.postgresVersion);
  const file = writeResults("instances", { machine, settings, verdicts, ...result });
  bench.say(`\n${duelTable(result)}\n\n${verdictTable(verdicts)}\n`);
  bench.say(
    `Never slower is measured as at least ${1 - noise}: two stacks that are alike differ by as much.`,
  );
  return sayEnd(bench, { broken: result.broken, file });
});

/** What the medians of two stacks that are alike were seen to differ by. */
const noise = 0.05;
