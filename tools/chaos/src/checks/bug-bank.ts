import { join } from "node:path";
import type { Arena } from "../arena/arena";
import { followLog } from "../arena/service-log";
import { type PlantedBug, plantedBugs } from "../bugs/planted";
import { type Check, check, type Ground } from "../check";
import { openRecorder } from "../report/recorder";

const preload = join(__dirname, "..", "bugs", "preload.js");
const services = ["gateway", "identity", "inventory", "orders", "billing", "audit"] as const;

/** With a bug nothing has to become well again: what is not settled by then is caught. Longer than a saga's patience. */
const patience = { settleMs: 22_000, clientMs: 8_000 };

/** Hunts with these checks, which must not know that they are part of a hunt. */
export function bugBank(hunts: readonly Check[]): Check {
  return check({
    name: "bug-bank",
    number: 7,
    about: "Planted bugs, one at a time: the harness catches every one, by the claim that it should break.",
    sizes: { reduced: { bugs: 4 }, full: { bugs: plantedBugs.length } },
    run: async (ground) => {
      const { size, random, record, say } = ground;
      const wanted = (process.env.BUG ?? "").split(",").filter((name) => name !== "");
      const chosen =
        wanted.length > 0
          ? plantedBugs.filter(({ name }) => wanted.includes(name))
          : random.shuffle(plantedBugs).slice(0, size.bugs);
      record.row("Planted bugs", ["bug", "what it does", "check", "caught by", "time to catch"]);
      let caught = 0;
      for (const bug of chosen) {
        const startedAt = performance.now();
        const by = await hunt(ground, bug, hunts);
        const seconds = `${((performance.now() - startedAt) / 1_000).toFixed(0)} s`;
        say(
          by
            ? `${bug.name}: caught after ${seconds} by ${bug.caughtBy}: ${by.slice(0, 160)}`
            : `${bug.name}: NOT caught`,
        );
        record.row("Planted bugs", [bug.name, bug.about, bug.caughtBy, by ?? "NOT caught", seconds]);
        record.fault("planted bug", bug.name);
        record.claim(
          `caught: ${bug.name}`,
          by !== undefined,
          by ? `${seconds}, ${by.slice(0, 200)}` : "not caught",
        );
        caught += by ? 1 : 0;
      }
      record.claim(
        "every bug is caught",
        caught === chosen.length,
        `${caught} of ${chosen.length}; the bank has ${plantedBugs.length}`,
      );
    },
  });
}

/** Runs the check that should catch the bug. Answers with the claim that failed, or undefined when none of the right ones did. */
async function hunt(
  ground: Ground<unknown>,
  bug: PlantedBug,
  hunts: readonly Check[],
): Promise<string | undefined> {
  const declared = hunts.find(({ name }) => name === bug.caughtBy);
  if (declared?.sizes.hunt === undefined)
    throw new Error(`${bug.caughtBy} catches ${bug.name}, and cannot hunt`);
  const record = openRecorder();
  const opened: Arena[] = [];
  const openArena: Ground<unknown>["openArena"] = async (options = {}) => {
    const arena = await ground.openArena({
      ...options,
      name: bug.name,
      patience,
      record,
      env: { ...options.env, NODE_ENV: "chaos", PLANTED_BUG: bug.name, NODE_OPTIONS: `--require ${preload}` },
    });
    opened.push(arena);
    return arena;
  };
  let thrown: string | undefined;
  try {
    await declared.run({ ...ground, size: declared.sizes.hunt, record, openArena, say: () => undefined });
  } catch (error) {
    thrown = error instanceof Error ? error.message : String(error);
  }
  for (const arena of opened) await ground.closeArena(arena);
  if (!opened.some(isPlanted))
    throw new Error(`${bug.name} was planted nowhere: ${thrown ?? "no service has loaded its place"}`);
  // What is thrown says that a check could not go on, which a harness that is broken itself does too: only claims count.
  const right = record.failed.find(({ says }) => bug.by.some((start) => says.startsWith(start)));
  if (!right && thrown) ground.say(`${bug.name}: ${thrown}`);
  return right && `${right.says}: ${right.figure}`;
}

function isPlanted(arena: Arena): boolean {
  return services.some((service) =>
    followLog(arena.logOf(service))().some((line) => line.planted !== undefined),
  );
}
