import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";

const repository = join(__dirname, "..", "..", "..");
const groups = ["packages", "services", "tools", "bench", "e2e"];
const skipped = new Set(["node_modules", "dist", ".data", "results"]);

export interface SourceFile {
  /** From the repository's root. */
  path: string;
  text: string;
  isTest: boolean;
}

/** Every TypeScript and plain JavaScript file that people write. */
export function sourceFiles(): SourceFile[] {
  return groups
    .flatMap((group) => walk(group))
    .filter((path) => /\.(ts|cjs)$/.test(path))
    .map((path) => ({
      path,
      text: readFileSync(join(repository, path), "utf8"),
      isTest: /\.(unit|int|pact|e2e)\.test\.ts$/.test(path) || path.split("/").includes("test"),
    }));
}

/** The words of a name in kebab-case or camelCase. */
export function wordsOf(name: string): string[] {
  return name.split(/[-_.]|(?<=[a-z0-9])(?=[A-Z])/).map((word) => word.toLowerCase());
}

/** The words of a file's name without what comes after the first point. */
export function wordsOfFile(path: string): string[] {
  return wordsOf(basename(path).split(".")[0] ?? "");
}

function walk(folder: string): string[] {
  const full = join(repository, folder);
  if (!statSync(full, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(full, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? walk(path) : [path];
  });
}
