import { hostname } from "node:os";
import { z } from "zod";
import { secret, secretInUrl } from "./shown-config";

/** What every service reads from its environment. A service extends it with what it needs itself. */
export const ProcessConfig = z.object({
  DATABASE_URL: secretInUrl(z.url({ protocol: /^postgres(ql)?$/, error: "must be a postgres:// URL" })),
  /** One or more servers, separated by commas. */
  NATS_URL: secretInUrl(z.string().min(1)).default("nats://127.0.0.1:4222"),
  NATS_USER: z.string().optional(),
  NATS_PASSWORD: secret(z.string()).optional(),
  /** Copies of each stream: 1 on one server, 3 on a cluster. */
  NATS_REPLICAS: z.coerce.number().int().min(1).max(5).default(1),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  /** Names this process among its equals, in logs, health and `ops.<service>.<instance>.*`. */
  INSTANCE: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,40}$/)
    .default(
      `${hostname()
        .replace(/[^A-Za-z0-9_-]/g, "-")
        .slice(0, 30)}-${process.pid}`,
    ),
  /** Port of /health and /metrics over HTTP; none is opened without it. */
  METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  CURRENCY: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default("USD"),
  /**
   * Who takes a service's commands: the instance that leads, or all of them. All use more cores, in smaller batches and against
   * each other's locks, which pays only where one process is not enough.
   */
  COMMANDS_BY: z.enum(["leader", "all"]).default("leader"),
  // One of them is held by the session that leads, or stands by.
  DATABASE_POOL_MAX: z.coerce.number().int().min(4).max(100).default(8),
});
export type ProcessConfig = z.infer<typeof ProcessConfig>;

/** A configuration that cannot be used; its message names the variable and what is wrong with it. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** Parses the environment once. Empty variables count as unset, as compose files write them. Throws ConfigError. */
export function readConfig<Schema extends z.ZodType>(
  schema: Schema,
  env: NodeJS.ProcessEnv,
): z.infer<Schema> {
  const set = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = schema.safeParse(set);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => {
    const name = issue.path.join(".");
    return set[name] === undefined
      ? `${name} is not set (${issue.message})`
      : `${name} is wrong: ${issue.message}`;
  });
  throw new ConfigError(`${wrong.join("; ")}.`);
}
