import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";

/** Reads what a process has logged since the last time, line by line as JSON; what is no JSON is left out. */
export function followLog(file: string): () => Record<string, unknown>[] {
  let offset = 0;
  let rest = "";
  return () => {
    if (!existsSync(file)) return [];
    const size = statSync(file).size;
    // Put aside for being too big: what follows is a new file.
    if (size < offset) offset = 0;
    const bytes = Buffer.alloc(size - offset);
    const handle = openSync(file, "r");
    offset += readSync(handle, bytes, 0, bytes.length, offset);
    closeSync(handle);
    const lines = (rest + bytes.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    return lines.flatMap(parsed);
  };
}

function parsed(line: string): Record<string, unknown>[] {
  try {
    return [JSON.parse(line) as Record<string, unknown>];
  } catch {
    return [];
  }
}
