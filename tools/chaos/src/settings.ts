export interface ChaosSettings {
  /** `full` takes hours where `reduced` takes minutes. */
  readonly size: "reduced" | "full";
  readonly seed: number;
  /** Names of checks; empty for all. */
  readonly only: readonly string[];
  /** Where reports go, and what a failing cycle leaves behind. */
  readonly folder: string;
  /** Where each check's report is put too, under the date and its name, to be committed. */
  readonly reports?: string;
}

const seedMax = 0x7fff_ffff;

/** Reads FULL, SEED, CHECK (names, separated by commas), CHAOS_DIR and REPORTS. Throws a sentence that names a wrong variable. */
export function readSettings(env: NodeJS.ProcessEnv, freshSeed: () => number): ChaosSettings {
  const seed = env.SEED ? Number(env.SEED) : freshSeed();
  if (!Number.isInteger(seed) || seed < 0 || seed > seedMax)
    throw new Error(`SEED is "${env.SEED}": it must be a whole number from 0 to ${seedMax}.`);
  return {
    size: ["", "0", "false"].includes(env.FULL ?? "") ? "reduced" : "full",
    seed,
    only: (env.CHECK ?? "")
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
    folder: env.CHAOS_DIR || ".data/chaos",
    ...(env.REPORTS && { reports: env.REPORTS }),
  };
}
