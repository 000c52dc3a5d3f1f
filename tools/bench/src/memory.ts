import { readFileSync } from "node:fs";
import type { CountedProcess } from "./cpu";

/** Resident memory by process name, in MB of 10^6 bytes. What processes share, such as Node's program, counts in each. */
export type MemoryMb = Readonly<Record<string, number>>;

/** Undefined where there is no /proc (macOS). Processes of one name are added up. */
export function memoryOf(processes: readonly CountedProcess[]): MemoryMb | undefined {
  const memory: Record<string, number> = {};
  for (const { name, pid } of processes) {
    const kib = residentKib(pid);
    if (kib === undefined) return undefined;
    memory[name] = (memory[name] ?? 0) + (kib * 1024) / 1_000_000;
  }
  return memory;
}

export function totalMb(memory: MemoryMb): number {
  return Object.values(memory).reduce((sum, mb) => sum + mb, 0);
}

export function memoryText(memory: MemoryMb): string {
  return Object.entries(memory)
    .map(([name, mb]) => `${name} ${mb.toFixed(0)}`)
    .join(", ");
}

/** See proc(5): VmRSS is in kB of 1,024 bytes. */
function residentKib(pid: number): number | undefined {
  try {
    const found = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return found ? Number(found[1]) : undefined;
  } catch {
    return undefined;
  }
}
