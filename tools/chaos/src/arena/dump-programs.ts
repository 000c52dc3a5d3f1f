import { readdirSync } from "node:fs";
import { join } from "node:path";
import { findProgram, type PostgresPrograms, runCommand } from "@quartermaster/servers";

/** A Postgres of this system with all that belongs to it: the npm package brings no `pg_dump`, and one refuses newer servers. */
export interface DumpPrograms extends PostgresPrograms {
  /** Such as `pg_dump (PostgreSQL) 15.18`. */
  readonly version: string;
  /** The database and its rights into a file, while others work on it. */
  dump(url: string, file: string): Promise<void>;
  /** The roles first, with their passwords; then the database out of the file, made anew. */
  restore(file: string, into: string): Promise<void>;
}

/** Where systems and people put it, the newest version first. PG_BIN names another folder. */
const homes = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"];

/** Undefined where there is none that has both the server and the dump programs. */
export async function findDumpPrograms(): Promise<DumpPrograms | undefined> {
  for (const folder of await folders()) {
    const names = ["initdb", "postgres", "pg_dump", "pg_dumpall", "pg_restore", "psql"] as const;
    const inFolder = filesIn(folder);
    if (names.some((name) => !inFolder.includes(name))) continue;
    const path = (name: (typeof names)[number]) => join(folder, name);
    const { output } = await runCommand(path("pg_dump"), ["--version"]);
    return {
      initdb: path("initdb"),
      postgres: path("postgres"),
      version: output.trim(),
      dump: async (url, file) => {
        await run(path("pg_dumpall"), ["--roles-only", `--dbname=${url}`, `--file=${rolesOf(file)}`]);
        await run(path("pg_dump"), ["--format=custom", "--create", `--dbname=${url}`, `--file=${file}`]);
      },
      restore: async (file, into) => {
        // It makes the superuser again too, which is there already: that one statement fails, and psql goes on.
        await run(path("psql"), ["--quiet", `--dbname=${into}`, `--file=${rolesOf(file)}`]);
        await run(path("pg_restore"), ["--create", "--exit-on-error", `--dbname=${into}`, file]);
      },
    };
  }
  return undefined;
}

const rolesOf = (file: string) => `${file}.roles.sql`;

async function folders(): Promise<string[]> {
  const config = findProgram("pg_config");
  const asked = config === undefined ? "" : (await runCommand(config, ["--bindir"])).output.trim();
  const found = homes.flatMap((home) =>
    filesIn(home)
      .filter((name) => /^(postgresql@)?\d+$/.test(name))
      .sort((a, b) => Number(b.replace(/\D/g, "")) - Number(a.replace(/\D/g, "")))
      .map((name) => join(home, name, "bin")),
  );
  return [process.env.PG_BIN ?? "", ...found, asked].filter((folder) => folder !== "");
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runCommand(program, args, { withinMs: 1_800_000 });
  if (code !== 0) throw new Error(`${program} ended with code ${code}: ${output.slice(-2_000)}`);
}
