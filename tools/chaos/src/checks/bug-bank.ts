import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Arena } from "../arena/arena";
import { followLog } from "../arena/service-log";
import { type PlantedBug, plantedBugs } from "../bugs/planted";
import { type Check, check, type Ground } from "../check";
import { type Claim, openRecorder, type Recorder } from "../report/recorder";

const preload = join(__dirname, "..", "bugs", "preload.js");

/** With a bug nothing has to become well again: what is not settled by then is caught. Longer than a saga's patience. */
const patience = { settleMs: 22_000, clientMs: 8_000 };

/** Hunts with these checks, which must not know that they are part of a hunt. */
export function bugBank(hunts: readonly Check[]): Check {
  return check({
    name: "bug-bank",
    number: 7,
    about: "Planted bugs, one at a time: the harness catches every one, by the damage that it does.",
    sizes: { reduced: { bugs: 3 }, full: { bugs: plantedBugs.length } },
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
        const hunted = await hunt(ground, bug, hunts);
        const isCaught = hunted.by !== undefined;
        const figure = isCaught
          ? `${hunted.seconds.toFixed(0)} s, ${hunted.by}`
          : `NOT caught: ${hunted.why}`;
        say(`${bug.name}: ${bug.caughtBy}: ${figure.slice(0, 240)}`);
        const seconds = isCaught ? `${hunted.seconds.toFixed(0)} s` : "";
        record.row("Planted bugs", [bug.name, bug.about, bug.caughtBy, hunted.by ?? figure, seconds]);
        record.fault("planted bug", bug.name);
        record.claim(`caught: ${bug.name}`, isCaught, figure.slice(0, 400));
        caught += isCaught ? 1 : 0;
      }
      record.claim(
        "every bug is caught",
        caught === chosen.length,
        `${caught} of ${chosen.length}; the bank has ${plantedBugs.length}`,
      );
    },
  });
}

type Hunted =
  /** `seconds` from when the platform stood with the bug in it to when the damage was seen. */
  { readonly by: string; readonly seconds: number } | { readonly by?: undefined; readonly why: string };

/** Runs the check that should catch the bug, and looks for the bug's damage among what does not hold in the end. */
async function hunt(ground: Ground<unknown>, bug: PlantedBug, hunts: readonly Check[]): Promise<Hunted> {
  const declared = hunts.find(({ name }) => name === bug.caughtBy);
  if (declared?.sizes.hunt === undefined)
    throw new Error(`${bug.caughtBy} catches ${bug.name}, and cannot hunt`);
  const opened: Arena[] = [];
  let startedAt = 0;
  const caught = new Map<Claim, number>();
  const record = listenedTo(openRecorder(), (claim) => {
    if (isDamage(bug, claim)) caught.set(claim, performance.now());
  });
  const openArena: Ground<unknown>["openArena"] = async (options = {}) => {
    const arena = await ground.openArena({
      ...options,
      name: bug.name,
      patience,
      record,
      env: { ...options.env, NODE_ENV: "chaos", PLANTED_BUG: bug.name, NODE_OPTIONS: `--require ${preload}` },
    });
    opened.push(arena);
    startedAt ||= performance.now();
    return arena;
  };
  let thrown: string | undefined;
  try {
    await declared.run({ ...ground, size: declared.sizes.hunt, record, openArena, say: () => undefined });
  } catch (error) {
    thrown = error instanceof Error ? error.message : String(error);
  }
  for (const arena of opened) await ground.closeArena(arena);
  // A bug that has lost its place, or that this check does not pass, would be caught by nobody ever again.
  const never = ["planted", "reached"].find((what) => !opened.some((arena) => hasSaid(arena, bug, what)));
  if (never) return { why: `it was never ${never}; ${whyNot(record.failed, thrown)}` };
  const [first] = caught;
  if (first === undefined) return { why: whyNot(record.failed, thrown) };
  const [{ says, figure }, at] = first;
  return { by: `${says}: ${figure}`, seconds: (at - startedAt) / 1_000 };
}

function isDamage(bug: PlantedBug, { says, holds, figure }: Claim): boolean {
  return !holds && bug.by.some(({ claim, shows }) => says.startsWith(claim) && shows.test(figure));
}

function listenedTo(record: Recorder, hear: (claim: Claim) => void): Recorder {
  return Object.assign(Object.create(record) as Recorder, {
    claim: (says: string, holds: boolean, figure: string) => {
      record.claim(says, holds, figure);
      hear({ says, holds, figure });
    },
  });
}

/** What failed instead; what is thrown says that a check could not go on, which a broken harness does too. */
function whyNot(failed: readonly Claim[], thrown: string | undefined): string {
  const sentences = failed.map(({ says, figure }) => `${says}: ${figure.slice(0, 200)}`);
  return [...(thrown ? [thrown] : []), ...sentences].join(" | ") || "every claim held";
}

/** In any process' log. */
function hasSaid(arena: Arena, bug: PlantedBug, what: string): boolean {
  const folder = join(arena.folder, "logs");
  return readdirSync(folder).some((file) =>
    followLog(join(folder, file))().some((line) => line.bug === bug.name && line[what] === true),
  );
}
