/** Which systems are measured: the platform, the monolith, and the monolith's bare SQL under pgbench. */
export const targetNames = ["quartermaster", "monolith", "pgbench"] as const;
export type TargetName = (typeof targetNames)[number];

/**
 * `spread`: two products out of all. `hot`: everybody orders the same product, one line. `single`: as spread, but one
 * order after the other over one connection. Two more have no target: `keyed`, as spread, each order with an `Idempotency-Key` of its
 * own; and `crowd`, as hot over many more connections, which shows what batches make of a longer queue, and row locks.
 */
export const shapes = ["spread", "hot", "single", "keyed", "crowd"] as const;
export type Shape = (typeof shapes)[number];

export interface BenchSettings {
  readonly quick: boolean;
  readonly only: readonly TargetName[];
  readonly shapes: readonly Shape[];
  readonly rounds: number;
  readonly measureSeconds: number;
  /** Of each endpoint and server in each round; what does not change needs less time. 0 leaves reads out. */
  readonly readSeconds: number;
  readonly warmUpSeconds: number;
  readonly connections: number;
  /** Those of the shape `crowd`. */
  readonly crowdConnections: number;
  readonly products: number;
  /** Fewer than the connections: with 64, Postgres spends its time on the queue for the invoice number. */
  readonly pgbenchClients: number;
  /** Connections of the bare endpoint to Postgres. */
  readonly readsPoolSize: number;
  readonly monolith: { readonly poolSize: number; readonly workers: number; readonly pipeline: boolean };
}

/** Reads the environment; throws a sentence that names a wrong variable. */
export function readSettings(env: NodeJS.ProcessEnv): BenchSettings {
  const quick = !["", "0", "false"].includes(env.QUICK ?? "");
  return {
    quick,
    only: list(env, "ONLY", targetNames),
    shapes: list(env, "SHAPES", shapes),
    rounds: count(env, "ROUNDS", quick ? 1 : 3),
    measureSeconds: count(env, "SECONDS_EACH", quick ? 2 : 7),
    readSeconds: count(env, "READ_SECONDS", quick ? 1 : 2, 0),
    // For both servers alike. Six processes compile their hot code later than one does, and servers run for days.
    warmUpSeconds: count(env, "WARM_UP_SECONDS", quick ? 5 : 25),
    connections: count(env, "CONNECTIONS", 64),
    crowdConnections: count(env, "CROWD_CONNECTIONS", 256),
    products: 1000,
    pgbenchClients: count(env, "PGBENCH_CLIENTS", 4),
    readsPoolSize: count(env, "READS_POOL_SIZE", 4),
    monolith: {
      // The best of those tried on two cores (docs/decisions/0021).
      poolSize: count(env, "MONOLITH_POOL_SIZE", 4),
      workers: count(env, "MONOLITH_WORKERS", 1),
      pipeline: env.MONOLITH_PIPELINE === "true",
    },
  };
}

/** Over how many connections a shape's orders come. */
export function connectionsOf(shape: Shape, settings: BenchSettings): number {
  if (shape === "single") return 1;
  return shape === "crowd" ? settings.crowdConnections : settings.connections;
}

/** Whether everybody orders the same product. */
export function isHot(shape: Shape): boolean {
  return shape === "hot" || shape === "crowd";
}

/** A whole number out of the environment; throws a sentence that names the variable. */
export function count(env: NodeJS.ProcessEnv, name: string, otherwise: number, least = 1): number {
  const value = env[name] === undefined || env[name] === "" ? otherwise : Number(env[name]);
  if (!Number.isInteger(value) || value < least)
    throw new Error(`${name} must be a whole number from ${least} on`);
  return value;
}

function list<T extends string>(env: NodeJS.ProcessEnv, name: string, known: readonly T[]): readonly T[] {
  if (!env[name]) return known;
  const chosen = env[name].split(",").map((word) => word.trim());
  const wrong = chosen.find((word) => !known.includes(word as T));
  if (wrong !== undefined) throw new Error(`${name}: ${wrong} is none of ${known.join(", ")}`);
  return known.filter((word) => chosen.includes(word));
}
