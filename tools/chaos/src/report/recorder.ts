import { type Second, timelineOf } from "./timeline";

/** A request as a client saw it end. */
export interface Sample {
  /** Milliseconds since 1970, at the end. */
  readonly at: number;
  readonly ms: number;
  /** Whether it got an answer that settles it: done, or a refusal that is due. */
  readonly answered: boolean;
}

/** Something that was done to the platform. */
export interface FaultDone {
  readonly at: number;
  readonly kind: string;
  readonly target: string;
}

/** Something that has to hold, with the figure that shows it. */
export interface Claim {
  readonly says: string;
  readonly holds: boolean;
  readonly figure: string;
}

/** What becomes of one check. */
export interface CheckReport {
  readonly claims: readonly Claim[];
  readonly leftOut: readonly { readonly says: string; readonly why: string }[];
  readonly counts: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly faultTimes: readonly FaultDone[];
  readonly timeline: readonly Second[];
  /** Rows of a table, such as crash points with how often each was hit. */
  readonly tables: Readonly<Record<string, readonly (readonly string[])[]>>;
}

/** Collects what a check has to show. */
export interface Recorder {
  claim(says: string, holds: boolean, figure: string): void;
  /** Something that the check should show and cannot on this machine, and why. */
  leaveOut(says: string, why: string): void;
  count(name: string, more?: number): void;
  fault(kind: string, target: string): void;
  /** What was done to the platform is done: from here on it has to come back by itself. A fault says so at its beginning. */
  faultsOver(): void;
  /** Milliseconds since then; 0 where nothing was done. */
  sinceFaults(): number;
  sample(sample: Sample): void;
  row(table: string, cells: readonly string[]): void;
  readonly failed: readonly Claim[];
  report(): CheckReport;
}

export function openRecorder(): Recorder {
  const claims: Claim[] = [];
  const leftOut: CheckReport["leftOut"][number][] = [];
  const counts = new Map<string, number>();
  const faults: FaultDone[] = [];
  const samples: Sample[] = [];
  const tables = new Map<string, (readonly string[])[]>();
  let overAt: number | undefined;
  const faultsOver = () => {
    overAt = performance.now();
  };
  return {
    claim: (says, holds, figure) => void claims.push({ says, holds, figure }),
    leaveOut: (says, why) => void leftOut.push({ says, why }),
    count: (name, more = 1) => void counts.set(name, (counts.get(name) ?? 0) + more),
    fault: (kind, target) => {
      faults.push({ at: Date.now(), kind, target });
      faultsOver();
    },
    faultsOver,
    sinceFaults: () => (overAt === undefined ? 0 : performance.now() - overAt),
    sample: (sample) => void samples.push(sample),
    row: (table, cells) => void tables.set(table, [...(tables.get(table) ?? []), cells]),
    get failed() {
      return claims.filter(({ holds }) => !holds);
    },
    report: () => {
      const startedAt = samples.reduce(
        (least, one) => Math.min(least, one.at - one.ms),
        Number.MAX_SAFE_INTEGER,
      );
      return {
        claims,
        leftOut,
        counts: Object.fromEntries(counts),
        faults: countBy(faults, ({ kind }) => kind),
        faultTimes: faults.map((one) => ({ ...one, at: Math.round(one.at - startedAt) })),
        timeline: timelineOf(samples, startedAt),
        tables: Object.fromEntries(tables),
      };
    },
  };
}

function countBy<T>(list: readonly T[], key: (one: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const one of list) counts[key(one)] = (counts[key(one)] ?? 0) + 1;
  return counts;
}
