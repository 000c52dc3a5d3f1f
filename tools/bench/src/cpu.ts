import { readdirSync, readFileSync } from "node:fs";

/** A process whose CPU time is counted together with all of its children. */
export interface CountedProcess {
  readonly name: string;
  readonly pid: number;
}

/** CPU seconds by name, since the start of each process. */
export type CpuSeconds = Readonly<Record<string, number>>;

/** Linux reports in hundredths of a second on every platform that Node runs on. */
const ticksPerSecond = 100;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ownTicks: number;
  readonly reapedTicks: number;
}

/** Undefined where there is no /proc (macOS); the CPU columns then say so. */
export function cpuOf(processes: readonly CountedProcess[]): CpuSeconds | undefined {
  const stats = readStats();
  if (stats === undefined) return undefined;
  const children = new Map<number, number[]>();
  for (const { pid, parent } of stats.values()) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const ticksOfTree = (pid: number): number => {
    const stat = stats.get(pid);
    if (stat === undefined) return 0;
    const below = (children.get(pid) ?? []).reduce((sum, child) => sum + ticksOfTree(child), 0);
    return stat.ownTicks + stat.reapedTicks + below;
  };
  const seconds: Record<string, number> = {};
  for (const { name, pid } of processes) {
    seconds[name] = (seconds[name] ?? 0) + ticksOfTree(pid) / ticksPerSecond;
  }
  return seconds;
}

/** The server processes of Postgres that serve a database now: each tells in its title what it does, and where. */
export function backendsOf(postgresPid: number, database: string): CountedProcess[] {
  const children = [...(readStats()?.values() ?? [])].filter(({ parent }) => parent === postgresPid);
  return children
    .filter(({ pid }) => titleOf(pid).split(" ").includes(database))
    .map(({ pid }) => ({ name: "backends", pid }));
}

function titleOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", "").trim();
  } catch {
    return "";
  }
}

/** CPU seconds of our own children that have ended, which is how pgbench runs. */
export function cpuOfEndedChildren(): number {
  return (readStat(process.pid)?.reapedTicks ?? 0) / ticksPerSecond;
}

export function cpuBetween(before: CpuSeconds, after: CpuSeconds): CpuSeconds {
  return Object.fromEntries(Object.entries(after).map(([name, s]) => [name, s - (before[name] ?? 0)]));
}

export function sumOf(seconds: CpuSeconds): number {
  return Object.values(seconds).reduce((sum, each) => sum + each, 0);
}

function readStats(): Map<number, Stat> | undefined {
  let names: string[];
  try {
    names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return undefined;
  }
  if (names.length === 0) return undefined;
  const stats = new Map<number, Stat>();
  for (const name of names) {
    const stat = readStat(Number(name));
    if (stat) stats.set(stat.pid, stat);
  }
  return stats;
}

/** See proc(5): after the program's name in brackets come state, ppid, ..., utime (14), stime, cutime, cstime. */
function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const field = (number: number) => Number(fields[number - 3]);
    return { pid, parent: field(4), ownTicks: field(14) + field(15), reapedTicks: field(16) + field(17) };
  } catch {
    // It ended meanwhile; its parent reports its time from then on.
    return undefined;
  }
}

/** What the whole machine did, in seconds summed over its cores. Steal is time that its host gave to others. */
export interface MachineCpu {
  readonly busy: number;
  readonly stolen: number;
}

/** The first line of /proc/stat, see proc(5): user, nice, system, idle, iowait, irq, softirq, steal. */
export function machineCpu(): MachineCpu | undefined {
  try {
    const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
    const ticks = line.trim().split(/\s+/).slice(1).map(Number);
    const seconds = (index: number) => (ticks[index] ?? 0) / ticksPerSecond;
    return { busy: seconds(0) + seconds(1) + seconds(2) + seconds(5) + seconds(6), stolen: seconds(7) };
  } catch {
    return undefined;
  }
}
