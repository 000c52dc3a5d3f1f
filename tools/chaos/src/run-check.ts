import { existsSync, lstatSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Arena, openArena } from "./arena/arena";
import type { Check, Ground } from "./check";
import { randomOf } from "./random";
import { openRecorder } from "./report/recorder";
import type { CheckRun } from "./report/run-report";
import type { ChaosSettings } from "./settings";

/** Runs one check to its end and closes all that it opened. What it kept on the disk stays only when it failed. */
export async function runCheck(
  declared: Check,
  settings: ChaosSettings,
  say: (sentence: string) => void,
): Promise<CheckRun> {
  const record = openRecorder();
  const folder = join(settings.folder, `${declared.name}-${settings.seed}`);
  removeFolder(folder);
  await mkdir(folder, { recursive: true });
  const arenas: Arena[] = [];
  const open = new Set<Arena>();
  const ground: Ground<unknown> = {
    size: declared.sizes[settings.size],
    isFull: settings.size === "full",
    random: randomOf(settings.seed).fork(declared.name),
    record,
    folder,
    say,
    openArena: async (options = {}) => {
      const arena = await openArena(join(folder, options.name ?? "stack"), options.record ?? record, options);
      arenas.push(arena);
      open.add(arena);
      return arena;
    },
    closeArena: async (arena) => {
      open.delete(arena);
      await arena.close();
    },
  };
  const startedAt = performance.now();
  let error: string | undefined;
  try {
    await declared.run(ground);
  } catch (failure) {
    error = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
  }
  for (const arena of open)
    await arena.close().catch((failure) => say(`an arena was not closed in order: ${failure}`));
  const passed = error === undefined && record.failed.length === 0;
  if (passed) removeFolder(folder);
  return {
    name: declared.name,
    number: declared.number,
    about: declared.about,
    sizes: ground.size,
    seconds: (performance.now() - startedAt) / 1_000,
    passed,
    ...(error !== undefined && { error }),
    ...(!passed && { again: againOf(declared, settings), kept: arenas.map((arena) => arena.folder) }),
    report: record.report(),
  };
}

function againOf({ name }: Check, { seed, size }: ChaosSettings): string {
  return `SEED=${seed} CHECK=${name} make chaos${size === "full" ? " FULL=1" : ""}`;
}

/** With the clusters that lie elsewhere behind a link, because root's Postgres could not reach this folder. */
function removeFolder(folder: string): void {
  for (const name of arenaNames(folder)) {
    const cluster = join(folder, name, "postgres");
    if (!lstatSync(cluster, { throwIfNoEntry: false })?.isSymbolicLink()) continue;
    try {
      rmSync(realpathSync(cluster), { recursive: true, force: true });
    } catch {
      // The link leads nowhere any more.
    }
  }
  rmSync(folder, { recursive: true, force: true });
}

function arenaNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}
