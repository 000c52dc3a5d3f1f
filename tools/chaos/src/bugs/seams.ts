import Module from "node:module";

// biome-ignore lint/suspicious/noExplicitAny: what a service exports is known to the bug that replaces it alone
export type Any = any;

/** Where a bug is planted: a function that a built file exports, or a statement by its name. */
export interface Seam {
  /** How the path of the built file ends. */
  readonly file: string;
  /** Given what the file exports, puts something else in its place. */
  readonly plant: (exports: Record<string, Any>, require: NodeJS.Require) => void;
}

/** Puts another function in the place of an exported one. Other files call it by its place, so all of them meet the bug. */
export function replaced(
  file: string,
  name: string,
  bug: (original: Any, exports: Record<string, Any>, require: NodeJS.Require) => Any,
): Seam {
  return {
    file,
    plant: (exports, require) => {
      if (!(name in exports))
        throw new Error(`${file} exports no ${name} any more: the planted bug has lost its place`);
      exports[name] = bug(exports[name], exports, require);
    },
  };
}

/** An exported function that does nothing any more. */
export function emptied(file: string, name: string, reached: () => void): Seam {
  return replaced(file, name, () => () => reached());
}

/** Changes the text of named SQL statements; it is reached when one of them is sent. */
export function changedStatements(
  statements: readonly string[],
  from: string,
  to: string,
  reached: () => void,
): Seam {
  return replaced("packages/messaging/dist/sql.js", "sql", (original) => (name: string, text: string) => {
    if (!statements.includes(name)) return original(name, text);
    if (!text.includes(from))
      throw new Error(`${name} has no "${from}" any more: the planted bug has lost its place`);
    const changed = text.replace(from, to);
    return Object.defineProperty(original(name, text), "text", {
      get: () => {
        reached();
        return changed;
      },
    });
  });
}

type Loader = (module: NodeJS.Module, file: string) => void;

/** Plants a seam as soon as its file has been loaded, before anybody has seen what it exports. */
export function plantOnLoad({ file: ending, plant }: Seam, onPlanted: () => void): void {
  const extensions = (Module as unknown as { _extensions: Record<string, Loader> })._extensions;
  const load = extensions[".js"] as Loader;
  extensions[".js"] = (module, file) => {
    load(module, file);
    if (!file.endsWith(ending)) return;
    plant(module.exports as Record<string, Any>, Module.createRequire(file));
    onPlanted();
  };
}
