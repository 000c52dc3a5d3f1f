import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const repository = join(__dirname, "..", "..", "..");

/** A file that is derived from the code. */
export interface GeneratedFile {
  /** From the repository's root. */
  path: string;
  text: string;
}

/** Folders that hold nothing but generated files: one that is generated no longer is left over. */
const generatedFolders = ["packages/contracts/schemas"];

/** Paths of files that are missing, differ, or are left over. */
export function staleAmong(files: readonly GeneratedFile[]): string[] {
  const stale = files.filter(({ path, text }) => textOf(path) !== text).map(({ path }) => path);
  return [...stale, ...leftOver(files)].sort();
}

/** Writes what is stale and removes what is left over. Returns the paths. */
export function refresh(files: readonly GeneratedFile[]): string[] {
  const stale = staleAmong(files);
  for (const { path, text } of files) {
    if (!stale.includes(path)) continue;
    mkdirSync(dirname(join(repository, path)), { recursive: true });
    writeFileSync(join(repository, path), text);
  }
  for (const path of leftOver(files)) rmSync(join(repository, path));
  return stale;
}

function textOf(path: string): string | undefined {
  const full = join(repository, path);
  return existsSync(full) ? readFileSync(full, "utf8") : undefined;
}

function leftOver(files: readonly GeneratedFile[]): string[] {
  const wanted = new Set(files.map(({ path }) => path));
  return generatedFolders.flatMap(filesBelow).filter((path) => !wanted.has(path));
}

function filesBelow(folder: string): string[] {
  if (!existsSync(join(repository, folder))) return [];
  return readdirSync(join(repository, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
