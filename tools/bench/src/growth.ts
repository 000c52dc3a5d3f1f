import { join } from "node:path";
import { describeMachine } from "@quartermaster/servers";
import { type Contender, duel, duelTable } from "./duel";
import { sayEnd } from "./findings";
import { startBenchStack } from "./ground";
import { fillWithHistory } from "./growth-fill";
import { sizesOf, sizeText } from "./growth-sizes";
import { runBench, writeResults } from "./program";
import { fillQuartermaster } from "./quartermaster";
import { count, readSettings } from "./settings";
import { brokenInAll } from "./turns";
import { atLeast, verdictTable } from "./verdicts";

/**
 * Whether orders are placed as fast over a large history as over none: an empty system and one that holds 200,000
 * products and 1,000,000 orders, turn by turn. Orders on the large one are over all of its products.
 */
runBench(async (bench) => {
  const settings = readSettings({ SHAPES: "spread", ...process.env });
  const wanted = {
    products: count(process.env, "PRODUCTS", 200_000),
    orders: count(process.env, "ORDERS", 1_000_000),
  };
  bench.say(
    `An empty system, and one with ${wanted.products} products and ${wanted.orders} orders, turn by turn.`,
  );
  const parts = { say: bench.tell, started: bench.started };
  const grown = await startBenchStack(join(bench.folder, "large"), parts);
  const history = await fillWithHistory({ settings, stack: grown, tell: bench.tell, wanted });
  const empty = await startBenchStack(join(bench.folder, "empty"), parts);
  const target = await fillQuartermaster({ settings, stack: empty, say: bench.tell });
  const contenders: Contender[] = [
    { name: "empty", stack: empty, target },
    { name: "large", stack: grown, target: history },
  ];
  const sizes = await sizesOf(grown.adminDatabaseUrl);
  bench.tell("checking every row of the large system");
  const before = await brokenInAll(history);
  if (before.length > 0) throw new Error(`the history is not sound: ${before.join("; ")}`);
  const result = await duel(settings, contenders, bench);
  const verdicts = result.ratios.map(({ shape, ratio }) =>
    atLeast(0.9, { claim: `orders/s, ${shape}, of the empty system's`, value: ratio }),
  );
  const machine = describeMachine(result.postgresVersion);
  const file = writeResults("growth", { machine, settings, wanted, sizes, verdicts, ...result });
  bench.say(`\n${sizeText(sizes)}\n\n${duelTable(result)}\n\n${verdictTable(verdicts)}\n`);
  return sayEnd(bench, { broken: result.broken, file });
});
