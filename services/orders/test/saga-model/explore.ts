import { type Build, beginnings, hasCome, steps, type World, wrongWith } from "./model";

export interface Exploration {
  readonly worlds: number;
  readonly steps: number;
  readonly ends: Readonly<Record<string, number>>;
  /** The first bad world and the way to it. */
  readonly wrong: { readonly what: string; readonly way: readonly string[] } | null;
  /** Worlds out of which no way leads to an end. */
  readonly deadEnds: number;
}

interface Place {
  readonly world: World;
  readonly from: string | null;
  readonly by: string;
  readonly reachedBy: string[];
}

/** Visits every world that can be reached: breadth first, so that the way to a bad world is a shortest one. */
export function explore(build: Build, options: { pausing?: boolean } = {}): Exploration {
  const places = new Map<string, Place>();
  const queue: string[] = [];
  let stepCount = 0;
  const visit = (world: World, from: string | null, by: string) => {
    const key = keyOf(world);
    const known = places.get(key);
    if (known) {
      if (from !== null) known.reachedBy.push(from);
      return;
    }
    places.set(key, { world, from, by, reachedBy: from === null ? [] : [from] });
    queue.push(key);
  };
  for (const world of beginnings(build)) visit(world, null, "begin");
  for (let n = 0; n < queue.length; n++) {
    const key = queue[n] as string;
    const { world } = places.get(key) as Place;
    const what = wrongWith(world);
    if (what)
      return {
        worlds: places.size,
        steps: stepCount,
        ends: {},
        wrong: { what, way: wayTo(places, key) },
        deadEnds: 0,
      };
    for (const step of steps(build, world, options.pausing)) {
      stepCount++;
      visit(step.to, key, step.what);
    }
  }
  return {
    worlds: places.size,
    steps: stepCount,
    ends: endsOf(places),
    wrong: null,
    deadEnds: deadEndsOf(places),
  };
}

function keyOf(world: World): string {
  return JSON.stringify(world, (_key, value) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

function wayTo(places: ReadonlyMap<string, Place>, key: string): string[] {
  const way: string[] = [];
  for (let at: string | null = key; at !== null; at = places.get(at)?.from ?? null)
    way.unshift(places.get(at)?.by ?? "");
  return way;
}

function endsOf(places: ReadonlyMap<string, Place>): Record<string, number> {
  const ends: Record<string, number> = {};
  for (const { world } of places.values()) {
    if (!hasCome(world)) continue;
    const { order, held, invoices, credits } = world;
    const end = `${order}: ${held ? "stock held" : "nothing held"}, ${invoices} invoice, ${credits} credit note`;
    ends[end] = (ends[end] ?? 0) + 1;
  }
  return ends;
}

function deadEndsOf(places: ReadonlyMap<string, Place>): number {
  const reaching = new Set<string>();
  const queue = [...places].filter(([, { world }]) => hasCome(world)).map(([key]) => key);
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (reaching.has(key)) continue;
    reaching.add(key);
    queue.push(...(places.get(key)?.reachedBy ?? []));
  }
  return places.size - reaching.size;
}
