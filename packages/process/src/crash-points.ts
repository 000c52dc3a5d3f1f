import { writeSync } from "node:fs";

/** Ends the process where it stands, when the reliability harness has armed this point; else it does nothing. */
export type CrashPoint = () => void;

/** CRASH_AT=<point> or <point>#<n>, for its n-th hit; any other word only has the points listed. Read once. */
const asked = process.env.CRASH_AT;
const [armed, nth = "1"] = asked?.split("#") ?? [];
const declared = new Map<string, CrashPoint>();

/** True when CRASH_AT is set: who would pay for looking a point up need not, without. */
export const crashPointsWatched = asked !== undefined;

const nothing: CrashPoint = () => undefined;

/**
 * Declares a point between two durable effects, by a name that says which. Without CRASH_AT all points are one function that
 * does nothing. Declared while a service starts, so that its list is whole once it is ready.
 */
export function crashPoint(name: string): CrashPoint {
  if (!crashPointsWatched) return nothing;
  const point = declared.get(name) ?? (name === armed ? dieAtHit(name, Number(nth)) : nothing);
  declared.set(name, point);
  return point;
}

/** The names of all points that this process has declared, in their order. */
export function crashPointNames(): string[] {
  return [...declared.keys()];
}

/** As a power cut would: no handler runs, nothing is flushed. The line before it is what the harness counts. */
function dieAtHit(name: string, hit: number): CrashPoint {
  let left = hit;
  return () => {
    left -= 1;
    if (left > 0) return;
    writeSync(1, `${JSON.stringify({ level: "fatal", crashedAt: name })}\n`);
    process.kill(process.pid, "SIGKILL");
  };
}
